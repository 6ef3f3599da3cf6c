import { create, fromJson } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { FirmwareId, newId, UnitId, UpdateId } from '#protocol/ids.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import {
  type Envelope,
  GoodbyeSchema,
  PongSchema,
  ReportSchema,
  ResultSchema,
  Status,
  UpdateStatusSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { writeFirmwareFile } from '#protocol/update/firmware-file.ts';
import { newFirmwareKeyPair, signFirmware } from '#protocol/update/firmware-signature.ts';
import { issued } from '../../base-unit/testing/test-base.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { answerHonestly, TWO_PROPERTIES } from '../harness/made-up-unit.ts';
import { type ScriptedPeer, startScriptedUnit } from '../harness/scripted-unit.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit } from '../harness/virtual-units.ts';
import { startAttackedBase } from './attacked-base.ts';

const SIZE = 4_000;
/** More would be dialled over a while. */
const AT_ONCE = 8;
const IS_LONG = process.env['SIGNALBOX_LONG'] === '1';

type Request = NonNullable<Envelope['body']['case']>;
type Answer = (peer: ScriptedPeer, envelope: Envelope) => void;

const updateStatus =
  (state: number, nextOffset: number, error = 0): Answer =>
  (peer, { requestId }) => {
    const value = fromJson(UpdateStatusSchema, { state, nextOffset, error });
    peer.say(requestId, { case: 'updateStatus', value });
  };
const result =
  (status: Status): Answer =>
  (peer, { requestId }) => {
    peer.say(requestId, { case: 'result', value: create(ResultSchema, { status }) });
  };

/** Any answer to any request. */
const lies: readonly Answer[] = [
  () => undefined,
  (peer) => peer.close(),
  (peer) => peer.sendRaw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
  (peer) => peer.say(0, { case: 'goodbye', value: create(GoodbyeSchema) }),
  (peer, { requestId }) => peer.say(requestId, { case: 'pong', value: create(PongSchema) }),
  result(Status.OK),
  result(Status.BUSY),
  result(Status.DUPLICATE),
  (peer) => {
    const value = create(ReportSchema, { seq: 0xffff_ffff, uptimeMs: 1n << 62n });
    for (let time = 0; time < 2_000; time += 1) peer.say(0, { case: 'report', value });
  },
];
const requests: readonly Request[] = [
  ...(['hello', 'describe', 'resume', 'subscribe', 'write', 'ping', 'time'] as const),
  ...(['updateBegin', 'updateChunk', 'updateQuery', 'updateApply'] as const),
];
/** Of an update: where the unit stands, and how much it has. */
const updateLies = [1, 2, 3, 4, 5].flatMap((state) =>
  [0, SIZE, 0xffff_ffff].map((nextOffset) => updateStatus(state, nextOffset)),
);
/** What the base once froze at, before all else. */
const freezing: readonly [Request, Answer] = ['updateBegin', updateStatus(1, SIZE)];
const everything: readonly (readonly [Request, Answer])[] = [
  freezing,
  ...requests.flatMap((request) => lies.map((lie) => [request, lie] as const)),
  ...(['updateBegin', 'updateChunk', 'updateQuery', 'updateApply'] as const).flatMap((request) =>
    updateLies.map((lie) => [request, lie] as const),
  ),
];
const played = everything.filter((_lie, index) => IS_LONG || index % 5 === 0);

/** Honest, and willing to be updated, but for one lie. */
async function startLyingUnit(
  index: number,
  [lied, lie]: readonly [Request, Answer],
): Promise<number> {
  let had = 0;
  const self = { hardwareId: `liar-${index}`, bootId: index, affordances: TWO_PROPERTIES };
  const { port } = await startScriptedUnit((peer, envelope) => {
    const { body } = envelope;
    if (body.case === lied) lie(peer, envelope);
    else if (body.case === 'updateBegin') updateStatus(1, had)(peer, envelope);
    else if (body.case === 'updateChunk') {
      had = body.value.offset + body.value.data.length;
      updateStatus(had >= SIZE ? 2 : 1, had)(peer, envelope);
    } else if (body.case === 'updateQuery') updateStatus(3, SIZE)(peer, envelope);
    else if (body.case === 'updateApply') updateStatus(4, SIZE)(peer, envelope);
    else answerHonestly(self, peer, envelope);
  }, atTestEnd);
  return port;
}

it('is served beside others at each of its lies, and the base keeps its time', async () => {
  const { hub, base } = await startAttackedBase(atTestEnd);
  const file = writeFirmwareFile(
    await signFirmware({
      keys: await newFirmwareKeyPair(),
      image: new Uint8Array(SIZE).fill(7),
      manifest: {
        ...{ model: 'made-up', platform: 'test', version: '9.0.0', minVersion: null },
        ...{ protocolMin: 1, protocolMax: 1, allowsDowngrade: false },
      },
    }),
  );
  hub.firmware = file;
  const sha256 = createHash('sha256').update(file).digest('hex');
  const orderOf = (): UpdateOrder => ({
    ...{ updateId: newId(UpdateId), firmwareId: newId(FirmwareId), sha256, fileBytes: file.length },
  });
  const assignmentOf = (port: number, update?: UpdateOrder): UnitAssignment => ({
    ...{ unitId: newId(UnitId), name: 'Unit', address: { host: '127.0.0.1', port } },
    ...{ link: 'frames', hardwareId: null, ...(update ? { update } : {}) },
  });
  const lamp = assignmentOf((await startVirtualUnit({ kind: 'lamp' }, atTestEnd)).port);
  const mute = assignmentOf((await startScriptedUnit(() => undefined, atTestEnd)).port);
  let units = [lamp, mute];
  const finished = (id: string) => hub.results.find(({ commandId }) => commandId === id);
  const expectTimeToGoOn = async () => {
    // The lamp answers; and what the mute unit never does ends at its time, by a timer.
    const [now, late] = [issued({ unitId: lamp.unitId }), issued({ unitId: mute.unitId })];
    hub.issue(now);
    hub.issue({ ...late, expiresAt: new Date(Date.now() + 1_500).toISOString() });
    const done = await until('the lamp answers', () => finished(now.id), 15_000);
    expect(done.outcome).toBe('succeeded');
    await until('the time of a command runs out', () => finished(late.id), 15_000);
    expect((await base.status()).hub.state).toBe('online');
  };
  hub.assign(units);
  await until('the lamp is there', () => hub.stateOf(lamp.unitId) === 'ready', 15_000);
  await expectTimeToGoOn();
  for (let from = 0; from < played.length; from += AT_ONCE) {
    const ports = await Promise.all(
      played.slice(from, from + AT_ONCE).map(async (lie, at) => startLyingUnit(from + at, lie)),
    );
    units = [lamp, mute, ...ports.map((port) => assignmentOf(port, orderOf()))];
    hub.assign(units);
    for (const { unitId } of units.slice(2)) hub.issue(issued({ unitId, affordance: 'door' }));
    await expectTimeToGoOn();
  }
  expect(base.isRunning).toBe(true);
});
