import { describe, expect, it } from 'vitest';
import { Status } from '#protocol/unit-link/unit_link_pb.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { answerHonestly, PID, TWO_PROPERTIES } from '../harness/made-up-unit.ts';
import { type Manner, startScriptedUnit } from '../harness/scripted-unit.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import type { SystemUnit } from '../harness/system-unit.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

const system = sharedSystem({ units: ['lamp'], implementation: 'firmware' });

/** Adds a unit that behaves in its own manner beside the good lamp. */
async function addUnit(name: string, manner: Manner): Promise<SystemUnit> {
  const { port } = await startScriptedUnit(manner, atTestEnd);
  const { id } = await system().addUnit(system().baseId, name, port);
  atTestEnd.add(() => system().api.send('DELETE', `/api/units/${id}`));
  return system().unitById(id);
}

async function expectLampToWork(): Promise<void> {
  const { command } = await system()
    .unit('lamp')
    .command({ verb: 'invoke', affordance: 'on', input: true }, { wait: 5 });
  expect(command.state).toBe('succeeded');
}

describe.skipIf(!firmwareIsBuilt())('a unit that misbehaves (beside a C++ lamp)', () => {
  const garbage: readonly [name: string, bytes: Uint8Array][] = [
    ['text instead of frames', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a frame of another version', Uint8Array.of(0xb5, 9, 0, 1, 0)],
    ['a frame that is too long', Uint8Array.of(0xb5, 1, 0xff, 0xff, 0, 0, 0)],
    ['an empty frame', Uint8Array.of(0xb5, 1, 0, 0)],
    ['a frame that is encrypted on a plain link', Uint8Array.of(0xb6, 1, 0, 1, 0)],
    ['a message that is none', Uint8Array.of(0xb5, 1, 0, 3, 0xff, 0xff, 0xff)],
  ];

  it.each(garbage)('by sending %s is cut off, and harms no other', async (name, bytes) => {
    const unit = await addUnit(name.slice(0, 40), (peer) => peer.sendRaw(bytes));
    await until('the base reports why', async () => {
      const { state, code } = (await unit.view()).presence;
      return state !== 'ready' && code === 'unit_protocol_error';
    });
    await expectLampToWork();
  });

  it('by never answering is not waited for by others', async () => {
    const unit = await addUnit('mute', () => undefined);
    await expectLampToWork();
    expect((await unit.view()).presence.state).not.toBe('ready');
  });

  it('by reporting what it did not describe is not believed', async () => {
    const unit = await addUnit('boaster', (peer, envelope) => {
      const self = { hardwareId: 'boaster', bootId: 7, affordances: TWO_PROPERTIES };
      answerHonestly(self, peer, envelope);
      if (envelope.body.case !== 'subscribe') return;
      const report = (seq: number, pid: number, text?: string): void =>
        peer.say(0, {
          case: 'report',
          value: {
            seq,
            uptimeMs: BigInt(1_000 + seq),
            values: [
              {
                pid,
                value: {
                  kind:
                    text === undefined
                      ? { case: 'number', value: 21.5 }
                      : { case: 'text', value: text },
                },
              },
            ],
          },
        });
      report(1, PID.level, 'very high');
      report(2, 63, 'unheard of');
      report(3, PID.level);
    });
    const view = await until('the true report arrives', async () => {
      const seen = await unit.view();
      return seen.reported.level === undefined ? undefined : seen;
    });
    expect(view.reported.level?.value).toBe(21.5);
    expect(Object.keys(view.reported)).toEqual(['level']);
    await expectLampToWork();
  });

  it('with unsolicited answers is ignored, and the true answer counts', async () => {
    const unit = await addUnit('chatterbox', (peer, envelope) => {
      const self = { hardwareId: 'chatterbox', bootId: 8, affordances: TWO_PROPERTIES };
      if (envelope.body.case === 'write') {
        const status = Status.HARDWARE_ERROR;
        peer.say(envelope.requestId + 1_000, { case: 'result', value: { status } });
      }
      answerHonestly(self, peer, envelope);
    });
    await unit.ready();
    const { command } = await unit.command(
      { verb: 'invoke', affordance: 'door', input: true },
      { wait: 5 },
    );
    expect(command).toMatchObject({ state: 'succeeded', output: true });
  });

  it('that is another one than before is not accepted as it', async () => {
    const names = ['first', 'second'];
    const unit = await addUnit('changeling', (peer, envelope) => {
      const hardwareId = names[0] ?? 'none';
      const self = { hardwareId, bootId: 9, affordances: TWO_PROPERTIES };
      answerHonestly(self, peer, envelope);
      // Once it is known under its first name, it hangs up and comes back under the second.
      if (envelope.body.case === 'subscribe' && names.length > 1) {
        names.shift();
        peer.close();
      }
    });
    await until('the base reports it', async () => {
      const { state, code } = (await unit.view()).presence;
      return state !== 'ready' && code === 'unit_wrong';
    });
    await expectLampToWork();
  });
});
