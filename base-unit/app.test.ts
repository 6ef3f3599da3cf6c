import { create } from '@bufbuild/protobuf';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { ResultSchema, Status } from '#protocol/unit-link/unit_link_pb.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { startVirtualUnit, type Tampering } from '../test/harness/virtual-units.ts';
import { newPrivateKeyPem } from './pairing/base-key.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { FakeHub, problem } from './testing/fake-hub.ts';
import { issued, startTestBase } from './testing/test-base.ts';

const unitId = newId(UnitId);
let hub: FakeHub;

beforeEach(async () => {
  hub = new FakeHub();
  await hub.start();
  onTestFinished(() => hub.close());
});

const at = (port: number) => ({ host: '127.0.0.1', port });
const assignment = (port: number, id = unitId) => ({
  unitId: id,
  name: 'Unit',
  address: at(port),
  link: 'frames' as const,
  hardwareId: null,
});
const resultOf = async (command: { readonly id: string }) =>
  until('a result', () => hub.results.find(({ commandId }) => commandId === command.id));

async function startLamp(tampering: Tampering = {}) {
  const lamp = await startVirtualUnit({ kind: 'lamp', tampering }, atTestEnd);
  hub.units = [assignment(lamp.port)];
  return lamp;
}

describe('a base between its hub and its units', () => {
  it('carries a command to the unit and its result to the hub, stage by stage', async () => {
    await startLamp();
    await startTestBase({ hub }, atTestEnd);
    await until('the lamp is ready', () => hub.stateOf(unitId) === 'ready');
    const command = issued({ unitId, affordance: 'color', input: '#ff8800' });
    hub.issue(command);
    const finished = await resultOf(command);
    expect(finished).toMatchObject({ outcome: 'succeeded', output: '#ff8800' });
    expect(finished.trace.map(({ stage }) => stage)).toEqual([
      STAGE.baseJournalled,
      STAGE.baseRouted,
      STAGE.baseDequeued,
      STAGE.baseWritten,
      STAGE.baseMatched,
      STAGE.baseRecorded,
    ]);
    await until('the acknowledgement', () => hub.acknowledged.length === 1);
  });

  it('describes a unit once, and sends its reports', async () => {
    await startLamp();
    await startTestBase({ hub }, atTestEnd);
    await until('first readings', () => hub.readings.length > 0);
    const names = () =>
      new Set(hub.readings.flatMap(({ readings }) => readings.map(({ property }) => property)));
    await until('all properties', () => names().size === 4);
    expect(names()).toEqual(new Set(['on', 'color', 'brightness', 'rssi']));
    expect(hub.described).toMatchObject([{ unitId, model: 'rgb-lamp', hardwareId: 'lamp-test' }]);
  });

  it('streams the readings of a read unit with honest times', async () => {
    const sensor = await startVirtualUnit({ kind: 'light_sensor', periodMs: 20 }, atTestEnd);
    hub.units = [assignment(sensor.port)];
    await startTestBase({ hub }, atTestEnd);
    const lux = () =>
      hub.readings
        .flatMap(({ readings }) => readings)
        .filter(({ property }) => property === 'illuminance');
    await until('ten readings', () => lux().length >= 10);
    const seqs = lux().map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    for (const { measuredAtMs, receivedAtMs } of lux()) {
      expect(measuredAtMs).toBeLessThanOrEqual(receivedAtMs);
      expect(receivedAtMs - measuredAtMs).toBeLessThan(1_000);
    }
  });

  it('answers a command it has done before from its journal', async () => {
    let writes = 0;
    await startLamp({
      onRequest: ({ body }) => {
        if (body.case === 'write') writes += 1;
        return false;
      },
    });
    await startTestBase({ hub }, atTestEnd);
    await until('the link', () => hub.isConnected);
    const command = issued({ unitId });
    hub.issue(command);
    await resultOf(command);
    hub.issue(command);
    await until('the same again', () => hub.results.length === 2);
    expect(hub.results[1]).toMatchObject({ commandId: command.id, outcome: 'succeeded' });
    expect(writes).toBe(1);
  });

  it('refuses commands that expired, and those for units it does not have', async () => {
    await startLamp();
    await startTestBase({ hub }, atTestEnd);
    await until('the link', () => hub.isConnected);
    const late = issued({ unitId, expiresAt: toInstant(Date.now() - 1) });
    const lost = issued();
    hub.issue(late);
    hub.issue(lost);
    expect(await resultOf(late)).toMatchObject({ outcome: 'expired', code: 'expired' });
    expect(await resultOf(lost)).toMatchObject({ outcome: 'rejected', code: 'unit_unknown' });
  });

  it('soon requests again what it could not store', async () => {
    const folder = temporaryFolder(atTestEnd);
    const { store } = await startTestBase({ hub, folder, busyTimeoutMs: 20 }, atTestEnd);
    await until('the base has its place in the log', () => store.cursor.position.epoch);
    const other = new Database(join(folder, 'base.db'), { timeout: 0 });
    atTestEnd.add(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const command = issued();
    hub.issue(command);
    await until('the next resume', () => hub.resumes.length === 2);
    other.exec('ROLLBACK');
    expect(await resultOf(command)).toMatchObject({ code: 'unit_unknown' });
  });

  it("expires commands by the hub's clock", async () => {
    await startLamp();
    hub.timeShiftMs = 60_000;
    await startTestBase({ hub }, atTestEnd);
    await until('the lamp', () => hub.stateOf(unitId) === 'ready');
    const command = issued({ unitId, expiresAt: toInstant(Date.now() + 30_000) });
    hub.issue(command);
    expect(await resultOf(command)).toMatchObject({ outcome: 'expired' });
  });

  it('is not held up by a unit that never answers', async () => {
    const deaf = await startVirtualUnit(
      { kind: 'lamp', hardwareId: 'deaf', tampering: { onRequest: () => true } },
      atTestEnd,
    );
    const lamp = await startLamp();
    const deafId = newId(UnitId);
    hub.units = [assignment(lamp.port), assignment(deaf.port, deafId)];
    await startTestBase({ hub }, atTestEnd);
    await until('the lamp', () => hub.stateOf(unitId) === 'ready');
    const stuck = issued({ unitId: deafId });
    const quick = issued({ unitId });
    hub.issue(stuck);
    hub.issue(quick);
    expect(await resultOf(quick)).toMatchObject({ outcome: 'succeeded' });
    expect(hub.results).toHaveLength(1);
  });

  it('fetches entries that got lost, when the next one or a heartbeat shows the gap', async () => {
    await startLamp();
    await startTestBase({ hub }, atTestEnd);
    await until('the link', () => hub.isConnected);
    const commands = [issued({ unitId }), issued({ unitId }), issued({ unitId })];
    const [first, second, third] = commands;
    if (!first || !second || !third) throw new Error();
    hub.isMute = true;
    hub.issue(first);
    hub.isMute = false;
    hub.issue(second);
    await resultOf(first);
    await resultOf(second);
    hub.isMute = true;
    hub.issue(third);
    hub.heartbeat();
    await resultOf(third);
    expect(hub.results.map(({ commandId }) => commandId)).toEqual(commands.map(({ id }) => id));
  });

  it('applies the snapshot of a new log, and executes nothing twice', async () => {
    await startLamp();
    const base = await startTestBase({ hub }, atTestEnd);
    const before = issued({ unitId });
    await until('the link', () => hub.isConnected);
    hub.issue(before);
    await resultOf(before);
    hub.forgetLog();
    const pending = issued({ unitId, affordance: 'brightness', input: 10 });
    hub.pending = [before, pending];
    hub.cut();
    expect(await resultOf(pending)).toMatchObject({ outcome: 'succeeded', output: 10 });
    expect(base.store.cursor.position).toMatchObject({ epoch: hub.epoch, lastSeq: 0 });
  });

  it('reconnects after a cut and resumes where it was', async () => {
    await startLamp();
    await startTestBase({ hub }, atTestEnd);
    await until('the link', () => hub.isConnected);
    const [first, second] = [issued({ unitId }), issued({ unitId })];
    hub.issue(first);
    await resultOf(first);
    hub.cut();
    await until('the cut', () => !hub.isConnected);
    hub.issue(second);
    await resultOf(second);
    expect(hub.resumes.at(-1)).toMatchObject({ epoch: hub.epoch, lastSeq: 1 });
  });

  it('stays away for long, yet not for ever, when another took over', async () => {
    const { base } = await startTestBase({ hub }, atTestEnd);
    await until('the link', () => base.status().hub.state === 'online');
    hub.closing({ code: 'taken_over', reconnect: 'never' });
    await until('the end', () => base.status().hub.code === 'taken_over');
    expect(base.status().hub.state).toBe('offline');
  });

  it('reconnects as the hub says: at once, or after the given time', async () => {
    const { base } = await startTestBase({ hub }, atTestEnd);
    const isOnline = () => base.status().hub.state === 'online';
    await until('the link', isOnline);
    hub.closing({ code: 'not_ready', reconnect: 'now' });
    await until('the second link', () => hub.resumes.length === 2 && isOnline());
    const closedAtMs = performance.now();
    hub.closing({ code: 'not_ready', reconnect: 'backoff', retryAfterMs: 300 });
    await until('the hub is away', () => base.status().hub.state === 'offline');
    expect(base.status().hub.code).toBe('not_ready');
    await until('the third link', () => hub.resumes.length === 3);
    expect(performance.now() - closedAtMs).toBeGreaterThanOrEqual(299);
  });

  it('obeys a hub that closes the link within bounds, however often or long it says', async () => {
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (ms, run) => {
        waits.push(ms);
        return systemClock.after(ms, run);
      },
    };
    const { base } = await startTestBase({ hub, clock }, atTestEnd);
    const isOnline = () => base.status().hub.state === 'online';
    for (let time = 1; time <= 4; time += 1) {
      await until('the link', () => hub.resumes.length === time && isOnline());
      waits.length = 0;
      hub.closing({ code: 'not_ready', reconnect: 'now' });
      await until('the hub is away', () => !isOnline());
      // Full jitter, and chance is 0.1 here: each time twice as long, so not without a wait.
      expect(waits).toContain(Math.min(400, 25 * 2 ** time));
    }
    await until('the link again', () => hub.resumes.length === 5 && isOnline());
    waits.length = 0;
    hub.closing({ code: 'not_ready', reconnect: 'backoff', retryAfterMs: 1e15 });
    await until('the hub is away', () => !isOnline());
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(3_600_000);
    expect(Math.max(...waits)).toBeLessThan(3_700_000);
  });

  it('gets in with a clock that is a day off, and has its results believed', async () => {
    await startLamp();
    hub.timeShiftMs = 86_400_000;
    const { base } = await startTestBase({ hub }, atTestEnd);
    await until('the link', () => base.status().hub.state === 'online');
    await until('the lamp', () => hub.stateOf(unitId) === 'ready');
    expect(Math.abs((base.status().clockOffsetMs ?? 0) - 86_400_000)).toBeLessThan(1_000);
  });

  it('measures the clock before it accepts anything from the log', async () => {
    await startLamp();
    hub.timeShiftMs = 60_000;
    const late = issued({ unitId, verb: 'enqueue', expiresAt: toInstant(Date.now() + 30_000) });
    hub.pending = [late];
    await startTestBase({ hub }, atTestEnd);
    expect(await resultOf(late)).toMatchObject({ outcome: 'expired' });
  });

  it('is revoked for good when its key is not known any more', async () => {
    hub.refuseSockets = 'base_revoked';
    const { base } = await startTestBase({ hub }, atTestEnd);
    await until('the end', () => base.status().hub.state === 'stopped');
    expect(base.status().hub.code).toBe('base_revoked');
  });

  it('serves units while the hub is away, and reports everything later', async () => {
    await startLamp();
    const folder = temporaryFolder(atTestEnd);
    const privateKeyPem = newPrivateKeyPem();
    const first = await startTestBase({ hub, folder, privateKeyPem }, atTestEnd);
    await until('the lamp', () => hub.stateOf(unitId) === 'ready');
    await first.stop();
    const { length } = hub.readings;
    hub.onWebhook = () => problem('not_ready');
    const { base } = await startTestBase({ hub, folder, privateKeyPem }, atTestEnd);
    await until('the error', () => base.status().outbox.lastError === 'not_ready');
    await until('readings pile up', () => base.status().outbox.events > 1);
    hub.onWebhook = undefined;
    await until('all is sent', () => base.status().outbox.events === 0);
    expect(hub.readings.length).toBeGreaterThan(length);
    const seqs = hub.events.map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  it('declares the units of its configuration under an id that stays', async () => {
    const lamp = await startVirtualUnit({ kind: 'lamp' }, atTestEnd);
    const units = [{ name: 'Hall', address: at(lamp.port), link: 'frames' as const }];
    const folder = temporaryFolder(atTestEnd);
    const first = await startTestBase({ hub, folder, units }, atTestEnd);
    await until('the declaration', () => hub.declared.length === 1);
    await first.stop();
    await startTestBase({ hub, folder, units }, atTestEnd);
    await until('the second declaration', () => hub.declared.length === 2);
    expect(hub.declared[1]).toEqual(hub.declared[0]);
    expect(hub.declared[0]?.units).toMatchObject([{ name: 'Hall', address: at(lamp.port) }]);
  });

  it('follows additions, moves and removals of units at once', async () => {
    const [here, there] = [await startLamp(), await startLamp()];
    hub.units = [];
    const { base } = await startTestBase({ hub }, atTestEnd);
    await until('the link', () => hub.isConnected);
    hub.assign([assignment(here.port)]);
    await until('the lamp', () => hub.stateOf(unitId) === 'ready');
    hub.assign([assignment(there.port)]);
    await until('the move', () => base.status().units[0]?.address.port === there.port);
    const command = issued({ unitId });
    hub.issue(command);
    expect(await resultOf(command)).toMatchObject({ outcome: 'succeeded' });
    hub.assign([]);
    await until('the removal', () => base.status().units.length === 0);
  });

  it('serves one unit per address', async () => {
    const lamp = await startLamp();
    const second = newId(UnitId, Date.now() + 10);
    hub.units = [assignment(lamp.port), assignment(lamp.port, second)];
    await startTestBase({ hub }, atTestEnd);
    await until('the refusal', () => hub.stateOf(second) === 'lost');
    const command = issued({ unitId: second });
    hub.issue(command);
    expect(await resultOf(command)).toMatchObject({ code: 'unit_address_taken' });
  });

  it('reports the progress of a slow command', async () => {
    await startLamp({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        setTimeout(() => {
          const value = create(ResultSchema, { status: Status.OK });
          link.send(requestId, { case: 'result', value });
        }, 250);
        return true;
      },
    });
    await startTestBase({ hub }, atTestEnd);
    await until('the lamp', () => hub.stateOf(unitId) === 'ready');
    const command = issued({ unitId });
    hub.issue(command);
    await resultOf(command);
    expect(hub.progress).toMatchObject([
      { commandId: command.id, state: 'running', stage: STAGE.baseWritten },
    ]);
  });

  it('lets no second base have its data folder', async () => {
    const folder = temporaryFolder(atTestEnd);
    await startTestBase({ hub, folder }, atTestEnd);
    await expect(startTestBase({ hub, folder }, atTestEnd)).rejects.toMatchObject({
      code: 'not_ready',
    });
  });
});
