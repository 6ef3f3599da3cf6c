import { beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { STAGE } from '#protocol/command/command-stage.ts';
import { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { CommandId, newId, UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { manualClock, type ManualClock } from '../../test/harness/virtual-units.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import { GroupCommit } from '../store/group-commit.ts';
import { openStore, type Store } from '../store/store.ts';
import { issued, testLog } from '../testing/test-base.ts';
import { EventWriter } from './event-writer.ts';

const unitId = newId(UnitId);
const reading = (seq: number): Reading => ({
  property: 'lux',
  value: seq,
  measuredAtMs: 1,
  receivedAtMs: 1,
  clock: 'none',
  seq,
});

let clock: ManualClock;
let store: Store;
let appended: (readonly OutboxEvent[])[];
let left: OutboxEvent[];
let isDiskFull: boolean;
let isDiskFullAtTheEnd: boolean;
let eventBytes: number;
let writer: EventWriter;

beforeEach(() => {
  clock = manualClock();
  store = openStore({ path: ':memory:' });
  appended = [];
  left = [];
  isDiskFull = false;
  isDiskFullAtTheEnd = false;
  eventBytes = Infinity;
  const { outbox, journal, gaps, reportGaps, units } = store;
  const commit = <T>(work: () => T): T => {
    if (isDiskFull) throw new Error('SQLITE_FULL');
    return store.commit(() => {
      const result = work();
      if (isDiskFullAtTheEnd) throw new Error('SQLITE_FULL');
      return result;
    });
  };
  writer = new EventWriter({
    clock,
    store: { outbox, journal, gaps, reportGaps, units, commit },
    group: new GroupCommit({ store: { commit }, soon: (run) => run() }),
    log: testLog,
    eventBytes: () => eventBytes,
    appended: (events) => appended.push(events),
    sendBeforeCommit: (events) => left.push(...events),
  });
  atTestEnd.add(() => {
    isDiskFull = false;
    isDiskFullAtTheEnd = false;
    writer.close();
    expect(clock.pendingTimers).toBe(0);
    store.close();
  });
});

const readingsIn = (events: readonly OutboxEvent[] = []) =>
  events.reduce((sum, { json }) => sum + json.split('"property"').length - 1, 0);

const gapsIn = (events: readonly OutboxEvent[]) =>
  events
    .map(({ json }) => BaseEventBody.parse(omitPosition(json)))
    .flatMap((body) => (body.type === 'readings.dropped' ? [body.data] : []));
const omitPosition = (json: string) =>
  z.object({ type: z.string(), data: z.unknown() }).parse(JSON.parse(json));

it('stores a result at once, and that its command has ended with it', () => {
  const command = issued();
  store.commit(() => store.journal.add(command, 1));
  writer.result({ commandId: command.id, outcome: 'succeeded', trace: [] });
  expect(appended).toHaveLength(1);
  expect(store.journal.find(command.id)).toMatchObject({
    state: 'finished',
    resultSeq: 1,
    result: { outcome: 'succeeded', trace: [{ stage: STAGE.baseRecorded }] },
  });
});

it('stores together what ends soon after another result, while further commands are under way', () => {
  const end = (othersInFlight: number) => {
    writer.result({ commandId: issued().id, outcome: 'failed', trace: [] }, othersInFlight);
  };
  end(3);
  expect(appended).toHaveLength(1);
  for (const othersInFlight of [2, 1]) end(othersInFlight);
  expect(appended).toHaveLength(1);
  clock.advance(10);
  expect(appended.map((events) => events.length)).toEqual([1, 2]);
  clock.advance(10);
  end(1);
  expect(appended).toHaveLength(3);
});

it('lets no result wait that no other command is under way beside', () => {
  const end = (othersInFlight: number) => {
    writer.result({ commandId: issued().id, outcome: 'failed', trace: [] }, othersInFlight);
  };
  for (const othersInFlight of [0, 0, 1]) end(othersInFlight);
  expect(appended.map((events) => events.length)).toEqual([1, 1]);
  end(0);
  expect(appended.map((events) => events.length)).toEqual([1, 1, 2]);
});

it('stores readings in events that fit, where only small ones reach the hub', () => {
  const twelve = Array.from({ length: 12 }, (_, index) => reading(index + 1));
  eventBytes = 400;
  writer.readings(unitId, '00000001', twelve);
  clock.advance(20);
  const [events = []] = appended;
  expect(events).toHaveLength(12);
  for (const { json } of events) expect(json.length).toBeLessThanOrEqual(400);
  eventBytes = Infinity;
  writer.readings(unitId, '00000001', twelve);
  clock.advance(500);
  expect(appended[1]).toHaveLength(1);
});

it('stores the readings of 20 ms in one event for each unit and boot', () => {
  writer.readings(unitId, '00000001', [reading(1)]);
  writer.readings(newId(UnitId), '00000001', [reading(1)]);
  clock.advance(19);
  expect(appended).toEqual([]);
  writer.readings(unitId, '00000001', [reading(2)]);
  writer.readings(unitId, '00000002', [reading(1)]);
  clock.advance(1);
  expect(appended.map((events) => events.length)).toEqual([3]);
  expect(readingsIn(appended[0])).toBe(4);
});

it('makes ten commits a second for readings, however many come one by one', () => {
  for (let ms = 0; ms < 1_000; ms += 5) {
    writer.readings(unitId, '00000001', [reading(ms)]);
    clock.advance(5);
  }
  expect(appended.length).toBeLessThanOrEqual(10);
  expect(appended.length).toBeGreaterThan(8);
  clock.advance(1_000);
  const before = appended.length;
  writer.readings(unitId, '00000001', [reading(9_999)]);
  clock.advance(20);
  expect(appended).toHaveLength(before + 1);
});

it('does not make a result wait for readings, nor readings go with it too early', () => {
  writer.readings(unitId, '00000001', [reading(1)]);
  writer.result({ commandId: newId(CommandId), outcome: 'succeeded', trace: [] });
  expect(appended.map((events) => events.map(({ priority }) => priority))).toEqual([[0]]);
  clock.advance(20);
  expect(appended[1]?.map(({ priority }) => priority)).toEqual([2]);
});

it('puts no more than 500 readings into one event', () => {
  const many = Array.from({ length: 1_201 }, (_, seq) => reading(seq));
  writer.readings(unitId, '00000001', many);
  clock.advance(20);
  expect(appended[0]).toHaveLength(3);
  expect(readingsIn(appended[0])).toBe(1_201);
});

it('stores at once when very many readings wait', () => {
  writer.readings(
    unitId,
    '00000001',
    Array.from({ length: 5_000 }, (_, seq) => reading(seq)),
  );
  expect(readingsIn(appended[0])).toBe(5_000);
});

it('keeps everything in memory while the disk is full, and stores it later', () => {
  isDiskFull = true;
  writer.result({ commandId: newId(CommandId), outcome: 'succeeded', trace: [] });
  writer.readings(unitId, '00000001', [reading(1)]);
  clock.advance(5_000);
  expect(appended).toEqual([]);
  isDiskFull = false;
  clock.advance(1_000);
  expect(appended.map((events) => events.map(({ priority }) => priority))).toEqual([[0, 2]]);
});

it('drops and counts readings when the disk stays full for long', () => {
  isDiskFull = true;
  for (let boot = 0; boot < 30; boot += 1) {
    const some = Array.from({ length: 1_000 }, (_, seq) => reading(seq));
    writer.readings(unitId, boot.toString(16).padStart(8, '0'), some);
    clock.advance(1_000);
  }
  expect(writer.unstoredDropped).toBe(10_000);
  isDiskFull = false;
  clock.advance(1_000);
  expect(readingsIn(appended.flat())).toBe(20_000);
  expect(gapsIn(appended.flat())).toEqual([
    { unitId, fromMs: 1, toMs: 1, count: 10_000, reason: 'storage_full' },
  ]);
  clock.advance(60_000);
  expect(gapsIn(appended.flat())).toHaveLength(1);
});

it('drops and counts other events, but never a declaration', () => {
  isDiskFull = true;
  writer.happened({ type: 'units.declared', data: { units: [] } });
  for (let seq = 0; seq < 5_100; seq += 1) {
    writer.happened({
      type: 'unit.presence',
      data: { unitId, state: 'lost', atMs: seq, lastContactAtMs: null },
    });
  }
  expect(writer.unstoredEvents).toBe(101);
  isDiskFull = false;
  clock.advance(1_000);
  const stored = appended.flat();
  expect(stored).toHaveLength(5_000);
  expect(stored[0]?.json).toContain('units.declared');
});

it('lets a flooding unit evict only its own events while the disk is full', () => {
  isDiskFull = true;
  const flooder = newId(UnitId);
  writer.happened({
    type: 'unit.presence',
    data: { unitId, state: 'lost', atMs: 1, lastContactAtMs: null },
  });
  writer.readings(unitId, '00000001', [reading(1)]);
  for (let seq = 0; seq < 5_100; seq += 1) {
    const times = { measuredAtMs: 1, receivedAtMs: 1 };
    writer.happened({
      type: 'unit.event',
      data: { unitId: flooder, bootId: '00000001', seq, event: 'pressed', ...times },
    });
  }
  const many = Array.from({ length: 25_000 }, (_, seq) => reading(seq));
  writer.readings(flooder, '00000001', many);
  isDiskFull = false;
  clock.advance(1_000);
  const own = appended.flat().filter(({ json }) => json.includes(unitId));
  expect(own.map(({ json }) => BaseEventBody.parse(omitPosition(json)).type)).toEqual([
    'unit.presence',
    'readings.recorded',
  ]);
  expect(gapsIn(appended.flat())).toMatchObject([{ unitId: flooder, count: 5_001 }]);
});

it('stores what waits when it is closed', () => {
  writer.readings(unitId, '00000001', [reading(1)]);
  writer.close();
  expect(readingsIn(appended[0])).toBe(1);
});

/** A result, once numbers are set aside on the disk. */
function finish(): string {
  const command = issued();
  store.commit(() => {
    store.outbox.append([], 1);
    store.journal.add(command, 1);
  });
  writer.result({ commandId: command.id, outcome: 'succeeded', trace: [] });
  return command.id;
}

it('lets a result leave before its commit is through, as it is stored then', () => {
  const commandId = finish();
  expect(left).toEqual(appended[0]);
  expect(left[0]?.json).toContain(commandId);
});

it('lets no result leave early whose number is not set aside on the disk yet', () => {
  const command = issued();
  store.commit(() => store.journal.add(command, 1));
  writer.result({ commandId: command.id, outcome: 'succeeded', trace: [] });
  expect(left).toEqual([]);
  expect(appended).toHaveLength(1);
});

it.each(['failed', 'rejected', 'expired', 'cancelled', 'superseded', 'unknown'] as const)(
  'stores before it leaves that a command %s: a base that dies first may still do it',
  (outcome) => {
    store.commit(() => store.outbox.append([], 1));
    writer.result({ commandId: issued().id, outcome, trace: [] });
    expect(left).toEqual([]);
    expect(appended).toHaveLength(1);
  },
);

it('owes a result that has left and could not be stored, as the same event', () => {
  store.commit(() => store.outbox.append([], 1));
  isDiskFullAtTheEnd = true;
  const command = issued();
  writer.result({ commandId: command.id, outcome: 'succeeded', trace: [] });
  expect(left).toHaveLength(1);
  expect(appended).toEqual([]);
  expect(store.outbox.depth.events).toBe(0);
  isDiskFullAtTheEnd = false;
  clock.advance(1_000);
  expect(appended).toEqual([left]);
  expect(store.outbox.depth.events).toBe(1);
});

it('never reuses the number of a result that was sent and not stored', () => {
  store.commit(() => store.outbox.append([], 1));
  isDiskFullAtTheEnd = true;
  writer.result({ commandId: issued().id, outcome: 'succeeded', trace: [] });
  const gone = left[0]?.seq ?? 0;
  isDiskFullAtTheEnd = false;
  const [other] = store.commit(() =>
    store.outbox.append([{ type: 'units.declared', data: { units: [] } }], 2),
  );
  expect(other?.seq).toBeGreaterThan(gone);
});
