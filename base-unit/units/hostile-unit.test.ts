import { create } from '@bufbuild/protobuf';
import { createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { encodeEnvelope } from '#protocol/unit-link/envelope.ts';
import {
  EventSchema,
  HelloSchema,
  PongSchema,
  ReportSchema,
  ResultSchema,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { answerHonestly, PID, TWO_PROPERTIES } from '../../test/harness/made-up-unit.ts';
import { type Manner, startScriptedUnit } from '../../test/harness/scripted-unit.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../../test/harness/virtual-units.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { issued, startTestBase } from '../testing/test-base.ts';

/** Real sockets, the real codec and a whole base; beside the hostile unit stands a good one. */
class Siege {
  readonly hub: FakeHub;
  readonly good = newId(UnitId);
  readonly hostile = newId(UnitId);

  constructor(hub: FakeHub) {
    this.hub = hub;
  }

  /** @returns the units at the further ports. */
  async begin(port: number, ...more: number[]): Promise<UnitId[]> {
    const lamp = await startVirtualUnit({ kind: 'lamp' }, atTestEnd);
    const others = more.map((where) => [newId(UnitId), where] as const);
    this.hub.units = [
      [this.good, lamp.port] as const,
      [this.hostile, port] as const,
      ...others,
    ].map(([unitId, where]) => ({
      unitId,
      name: 'Unit',
      address: { host: '127.0.0.1', port: where },
      link: 'frames' as const,
      hardwareId: null,
    }));
    await startTestBase({ hub: this.hub }, atTestEnd);
    await until('the good unit is ready', () => this.hub.stateOf(this.good) === 'ready');
    return others.map(([unitId]) => unitId);
  }

  /** Why the base ended the connection, as presence shows it. */
  async refused(code: string, unit = this.hostile): Promise<void> {
    await until(`the hostile unit is lost for ${code}`, () =>
      this.hub.presences.some(
        (presence) =>
          presence.unitId === unit && presence.state === 'lost' && presence.code === code,
      ),
    );
  }

  /** The good unit obeys as if nothing were. */
  async expectGoodToWork(): Promise<void> {
    const command = issued({ unitId: this.good, affordance: 'on', input: true });
    this.hub.issue(command);
    const result = await until('the good unit answers', () =>
      this.hub.results.find(({ commandId }) => commandId === command.id),
    );
    expect(result).toMatchObject({ outcome: 'succeeded', output: true });
    expect(
      this.hub.presences.filter(({ unitId, state }) => unitId === this.good && state === 'lost'),
    ).toEqual([]);
  }
}

let siege: Siege;
beforeEach(async () => {
  const hub = new FakeHub();
  await hub.start();
  onTestFinished(() => hub.close());
  siege = new Siege(hub);
});

/** A port where each connection is left to the test. */
async function startRawUnit(
  serve: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly connections: () => number }> {
  const sockets = new Set<Socket>();
  const counter = { connections: 0 };
  const server = createServer((socket) => {
    counter.connections += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atTestEnd.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, connections: () => counter.connections };
}

const self = { hardwareId: 'hostile', bootId: 7, affordances: TWO_PROPERTIES };
const frame = (requestId: number, body: Parameters<typeof encodeEnvelope>[1]): Uint8Array =>
  encodeFrame(encodeEnvelope(requestId, body));
const ok = { case: 'result', value: create(ResultSchema, { status: Status.OK }) } as const;
const level = { kind: { case: 'number', value: 21.5 } } as const;

/** Honest, and at the first subscription something else as well. */
function atSubscription(attack: Manner): Manner {
  return (peer, envelope) => {
    answerHonestly(self, peer, envelope);
    if (envelope.body.case === 'subscribe' && envelope.body.value.pid === PID.level) {
      attack(peer, envelope);
    }
  };
}

describe('a hostile unit, beside which a good one works on', () => {
  it.each<[string, Manner]>([
    [
      'a length beyond the limit',
      (peer) => {
        peer.sendRaw(Uint8Array.of(0xb5, 1, 0x04, 0x01));
      },
    ],
    [
      'a length that is longer than its message',
      (peer) => {
        const lie = frame(1, ok);
        lie[3] = (lie[3] ?? 0) + 3;
        peer.sendRaw(lie);
        peer.sendRaw(frame(1, ok));
      },
    ],
    [
      'hellos without end',
      (peer) => {
        for (let id = 1; id < 100; id += 1) {
          peer.say(id, { case: 'hello', value: create(HelloSchema) });
        }
      },
    ],
    [
      'results for every request there may be',
      (peer, { requestId }) => {
        for (let id = requestId + 1; id < requestId + 1_000; id += 1) peer.say(id, ok);
      },
    ],
    [
      'an answer of the wrong kind',
      (peer, { requestId, body }) => {
        if (body.case === 'hello') peer.say(requestId, { case: 'pong', value: create(PongSchema) });
      },
    ],
    [
      'a description of four thousand million affordances',
      (peer, envelope) => {
        if (envelope.body.case !== 'describe') answerHonestly(self, peer, envelope);
        else {
          peer.say(envelope.requestId, {
            case: 'description',
            value: { count: 0xffff_ffff, affordance: TWO_PROPERTIES[0] },
          });
        }
      },
    ],
    [
      'a description that is another for each question',
      (peer, envelope) => {
        if (envelope.body.case !== 'describe') answerHonestly(self, peer, envelope);
        else {
          peer.say(envelope.requestId, {
            case: 'description',
            value: {
              count: 2,
              index: envelope.body.value.index + 1,
              affordance: TWO_PROPERTIES[0],
            },
          });
        }
      },
    ],
  ])('is cut off for %s', async (_name, manner) => {
    const { port } = await startScriptedUnit(manner, atTestEnd);
    await siege.begin(port);
    await siege.refused('unit_protocol_error');
    await siege.expectGoodToWork();
  });

  it('is dropped when it drips its bytes, sends half a frame, or nothing', async () => {
    const drip = await startRawUnit((socket) => {
      // A thousand bytes are announced, of which one comes now and then.
      socket.write(Uint8Array.of(0xb5, 1, 0x03, 0xe8));
      const timer = setInterval(() => socket.write(Uint8Array.of(0)), 100);
      socket.on('close', () => clearInterval(timer));
    });
    const half = await startRawUnit((socket) => socket.write(Uint8Array.of(0xb5, 1, 2)));
    const mute = await startRawUnit(() => undefined);
    const others = await siege.begin(mute.port, half.port, drip.port);
    await siege.expectGoodToWork();
    for (const unit of [siege.hostile, ...others]) await siege.refused('unit_timeout', unit);
    await siege.expectGoodToWork();
  });

  it('is not called more and more often when it hangs up at once', async () => {
    const unit = await startRawUnit((socket) => socket.destroy());
    await siege.begin(unit.port);
    await until('it was called again', () => unit.connections() >= 2);
    const before = unit.connections();
    const startedAt = performance.now();
    await siege.expectGoodToWork();
    await until('a second has passed', () => performance.now() - startedAt > 1_000);
    expect(unit.connections() - before).toBeLessThan(10);
  });

  it('has its flood of reports and events bounded, in memory and to the hub', async () => {
    const value = create(ReportSchema, {
      uptimeMs: 1n << 62n,
      values: Array.from({ length: 4 }, () => ({ pid: PID.level, value: level })),
    });
    const flooding: Manner = (peer) => {
      for (let seq = 1; seq <= 20_000; seq += 1) {
        peer.say(0, { case: 'report', value: { ...value, seq: seq * 4 } });
        const event = create(EventSchema, { seq, pid: 40 });
        peer.say(0, { case: 'event', value: event });
      }
    };
    const { port } = await startScriptedUnit(atSubscription(flooding), atTestEnd);
    const startedAt = performance.now();
    await siege.begin(port);
    await siege.expectGoodToWork();
    const lastReported = () =>
      siege.hub.readings
        .filter(({ unitId }) => unitId === siege.hostile)
        .reduce((sum, { readings }) => sum + readings.length, 0);
    await until('some of it is reported', () => lastReported() > 0);
    await siege.expectGoodToWork();
    // A thousand messages in a second, of four readings each.
    const windows = Math.ceil((performance.now() - startedAt) / 1_000) + 1;
    expect(lastReported()).toBeLessThanOrEqual(4_000 * windows);
    expect(lastReported()).toBeLessThan(80_000);
  });

  it('does not disturb the base by unknown messages, or by numbers that jump', async () => {
    const jumping: Manner = (peer) => {
      // Field 99 of the envelope: of a later version, if of any.
      for (let i = 0; i < 10_000; i += 1) peer.sendRaw(encodeFrame(Uint8Array.of(0x9a, 6, 0)));
      for (const seq of [5, 0xffff_fff0, 1, 0, 7]) {
        peer.say(0, {
          case: 'report',
          value: { seq, uptimeMs: BigInt(seq), values: [{ pid: PID.level, value: level }] },
        });
      }
    };
    const { port } = await startScriptedUnit(atSubscription(jumping), atTestEnd);
    await siege.begin(port);
    await until('it is ready all the same', () => siege.hub.stateOf(siege.hostile) === 'ready');
    await siege.expectGoodToWork();
  });
});
