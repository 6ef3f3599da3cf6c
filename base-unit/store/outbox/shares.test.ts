import Database from 'better-sqlite3';
import fc from 'fast-check';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { Epoch, newId, UnitId, UpdateId } from '#protocol/ids.ts';
import type { UpdateState } from '#protocol/update/update-state.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { MIGRATIONS } from '../migrations.ts';
import type { OutboxEvent } from './outbox-event.ts';
import { openStore, type Store } from '../store.ts';

const ROOM = { maxBytes: 20_000, maxAgeMs: 1_000_000 };
const Stored = z.object({ type: z.string(), data: z.unknown() });
const bootId = '00000001';
const times = { measuredAtMs: 1, receivedAtMs: 1 };

const event = (unitId: UnitId, seq: number): BaseEventBody => ({
  type: 'unit.event',
  data: { unitId, bootId, seq, event: 'pressed', ...times },
});
const readings = (unitId: UnitId, seq: number): BaseEventBody => ({
  type: 'readings.recorded',
  data: { unitId, bootId, readings: [{ property: 'lux', value: 1, ...times, clock: 'none', seq }] },
});
const presence = (unitId: UnitId, state: 'ready' | 'lost'): BaseEventBody => ({
  type: 'unit.presence',
  data: { unitId, state, atMs: 1, lastContactAtMs: null },
});
const update = (unitId: UnitId, updateId: UpdateId, state: UpdateState): BaseEventBody => ({
  type: 'update.changed',
  data: { unitId, updateId, state, code: null, doneBytes: 0, totalBytes: 1, atMs: 1 },
});
const described = (unitId: UnitId): BaseEventBody => ({
  type: 'unit.described',
  data: {
    ...{ unitId, hardwareId: 'lamp', model: 'lamp', firmwareVersion: '1', bootId },
    ...{ sessionPolicy: 'held', resetReason: 'power_on', startedAtMs: 1 },
    description: {
      ...{ '@context': [], title: 'lamp', properties: {}, actions: {}, events: {} },
      ...{ 'sb:schemaHash': '0'.repeat(16), 'sb:session': 'held' },
    },
  },
});

function opened(outbox = ROOM, path = ':memory:'): Store {
  const store = openStore({ path, outbox });
  atTestEnd.add(() => store.close());
  return store;
}

function append(store: Store, ...bodies: BaseEventBody[]): OutboxEvent[] {
  return store.commit(() => {
    const events = store.outbox.append(bodies, 1);
    store.outbox.enforceBounds(1);
    return [...events, ...store.reportGaps(1)];
  });
}

const bodyOf = ({ json }: OutboxEvent) => {
  return BaseEventBody.parse(Stored.parse(JSON.parse(json)));
};
const left = (store: Store) => store.commit(() => store.outbox.page(1e9, 1e6)).map(bodyOf);
const leftOf = (store: Store, unitId: UnitId) =>
  left(store).filter(({ data }) => 'unitId' in data && data.unitId === unitId);

it('lets a unit that floods push out nothing but its own', () => {
  const store = opened();
  const flooder = newId(UnitId);
  const others = Array.from({ length: 5 }, () => newId(UnitId));
  for (const unitId of others) {
    append(store, described(unitId), presence(unitId, 'ready'));
    append(store, readings(unitId, 1), readings(unitId, 2), event(unitId, 1));
    append(store, presence(unitId, 'lost'));
  }
  const before = others.map((unitId) => leftOf(store, unitId));
  append(store, described(flooder), presence(flooder, 'ready'), readings(flooder, 1));
  for (let seq = 0; seq < 3_000; seq += 1) append(store, event(flooder, seq));
  expect(others.map((unitId) => leftOf(store, unitId))).toEqual(before);
  const own = leftOf(store, flooder);
  expect(own.map(({ type }) => type)).toContain('unit.described');
  expect(own.map(({ type }) => type)).toContain('unit.presence');
  const [gap] = own.filter(({ type }) => type === 'readings.dropped');
  expect(gap).toMatchObject({ data: { count: 1 } });
  expect(store.outbox.depth.bytes).toBeLessThanOrEqual(ROOM.maxBytes);
  expect(store.outbox.droppedEvents).toBeGreaterThan(2_000);
});

it('keeps the last of what a unit is, of a unit that comes and goes without end, too', () => {
  const store = opened();
  const [restless, lamp] = [newId(UnitId), newId(UnitId)];
  append(store, presence(lamp, 'ready'), presence(lamp, 'lost'));
  for (let time = 0; time < 500; time += 1) {
    append(store, presence(restless, 'ready'), described(restless), presence(restless, 'lost'));
  }
  expect(leftOf(store, lamp)).toHaveLength(2);
  expect(leftOf(store, restless).at(-1)).toEqual(presence(restless, 'lost'));
  expect(store.outbox.depth.bytes).toBeLessThanOrEqual(ROOM.maxBytes);
});

it('keeps what became of each update, and not how often it was tried', () => {
  const store = opened();
  const unitId = newId(UnitId);
  const [first, second] = [newId(UpdateId), newId(UpdateId)];
  append(store, update(unitId, first, 'failed'));
  for (let time = 0; time < 200; time += 1) {
    append(store, update(unitId, second, 'downloading'), update(unitId, second, 'queued'));
  }
  const left = leftOf(store, unitId);
  expect(left[0]).toEqual(update(unitId, first, 'failed'));
  expect(left.at(-1)).toEqual(update(unitId, second, 'queued'));
  expect(store.outbox.depth.bytes).toBeLessThanOrEqual(ROOM.maxBytes);
});

it('gives up what is too old, except for what a unit is now', () => {
  const store = opened({ maxBytes: 1e9, maxAgeMs: 1_000 });
  const unitId = newId(UnitId);
  append(store, presence(unitId, 'ready'), presence(unitId, 'lost'), event(unitId, 1));
  store.commit(() => store.outbox.enforceBounds(1_000_000));
  expect(left(store)).toEqual([presence(unitId, 'lost')]);
});

it('recounts the shares after a rollback', () => {
  const store = opened();
  const [flooder, other] = [newId(UnitId), newId(UnitId)];
  append(store, event(flooder, 1), event(flooder, 2), event(other, 1));
  expect(() =>
    store.commit(() => {
      store.outbox.append(
        Array.from({ length: 50 }, (_, seq) => event(other, seq)),
        1,
      );
      throw new Error('disk full');
    }),
  ).toThrow('disk full');
  for (let seq = 3; seq < 200; seq += 1) append(store, event(flooder, seq));
  expect(leftOf(store, other)).toHaveLength(1);
});

it('knows whose the events of an earlier base are, and which of them are the last', () => {
  const path = join(temporaryFolder(atTestEnd), 'base.db');
  const [flooder, lamp] = [newId(UnitId), newId(UnitId)];
  const earlier = new Database(path);
  const first = MIGRATIONS.findIndex((step) => step.includes('is_kept'));
  for (const step of MIGRATIONS.slice(0, first)) earlier.exec(step);
  earlier.pragma(`user_version = ${first}`);
  earlier
    .prepare('INSERT INTO positions (id, outbox_epoch, outbox_seq) VALUES (1, ?, 3)')
    .run(newId(Epoch));
  const insert = earlier.prepare(
    'INSERT INTO outbox (seq, priority, created_at_ms, readings, event) VALUES (?, 1, 1, 0, ?)',
  );
  const old = [presence(lamp, 'ready'), presence(lamp, 'lost'), event(flooder, 1)];
  old.forEach((body, index) => insert.run(index + 1, JSON.stringify({ ...body, seq: index + 1 })));
  earlier.close();
  const store = opened(ROOM, path);
  store.commit(() =>
    store.outbox.append(
      Array.from({ length: 300 }, (_, n) => event(flooder, n)),
      1,
    ),
  );
  store.commit(() => store.outbox.enforceBounds(1));
  expect(leftOf(store, lamp)).toEqual(old.slice(0, 2));
  store.commit(() =>
    store.outbox.append(
      Array.from({ length: 300 }, (_, n) => event(lamp, n)),
      1,
    ),
  );
  store.commit(() => store.outbox.enforceBounds(1));
  expect(leftOf(store, lamp)[0]).toEqual(presence(lamp, 'lost'));
});

it('lets a newer state overtake that of an earlier base, of the same order alone', () => {
  const path = join(temporaryFolder(atTestEnd), 'base.db');
  const unitId = newId(UnitId);
  const [first, second] = [newId(UpdateId), newId(UpdateId)];
  const earlier = new Database(path);
  const before = MIGRATIONS.findIndex((step) => step.includes('ADD COLUMN update_id'));
  expect(before).toBeGreaterThan(0);
  for (const step of MIGRATIONS.slice(0, before)) earlier.exec(step);
  earlier.pragma(`user_version = ${before}`);
  const epoch = newId(Epoch);
  earlier
    .prepare('INSERT INTO positions (id, outbox_epoch, outbox_seq) VALUES (1, ?, 3)')
    .run(epoch);
  const insert = earlier.prepare(
    `INSERT INTO outbox (seq, run, priority, created_at_ms, readings, event, unit_id, is_kept)
     VALUES (?, ?, 1, 1, 0, ?, ?, 1)`,
  );
  const old = [
    update(unitId, first, 'downloading'),
    update(unitId, second, 'downloading'),
    presence(unitId, 'ready'),
  ];
  old.forEach((body, index) => {
    insert.run(index + 1, epoch, JSON.stringify({ ...body, seq: index + 1 }), unitId);
  });
  earlier.close();
  const store = opened({ maxBytes: 1, maxAgeMs: 1e9 }, path);
  append(store, update(unitId, first, 'failed'), presence(unitId, 'lost'));
  expect(leftOf(store, unitId)).toEqual([
    update(unitId, second, 'downloading'),
    update(unitId, first, 'failed'),
    presence(unitId, 'lost'),
  ]);
});

interface Step {
  readonly unit: number;
  readonly what: 'event' | 'readings' | 'ready' | 'lost';
  readonly times: number;
  readonly settles: boolean;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  unit: fc.nat({ max: 3 }),
  what: fc.constantFrom('event', 'readings', 'ready', 'lost'),
  times: fc.integer({ min: 1, max: 30 }),
  settles: fc.boolean(),
});

it(
  'drops nothing of a unit that holds less than its share, and declares each reading that it drops',
  { timeout: PROPERTY_TIMEOUT_MS },
  () => {
    const play = (steps: readonly Step[]) => {
      const room = { maxBytes: 8_000, maxAgeMs: 1_000_000 };
      const store = openStore({ path: ':memory:', outbox: room });
      const units = Array.from({ length: 4 }, () => newId(UnitId));
      const appendedBytes = new Map<UnitId, number>();
      const lastOf = new Map<UnitId, BaseEventBody>();
      let stored = 0;
      try {
        for (const { unit, what, times: count, settles } of steps) {
          const unitId = units[unit] ?? newId(UnitId);
          for (let seq = 0; seq < count; seq += 1) {
            const body =
              what === 'event'
                ? event(unitId, seq)
                : what === 'readings'
                  ? readings(unitId, seq)
                  : presence(unitId, what);
            if (what === 'readings') stored += 1;
            if (what === 'ready' || what === 'lost') lastOf.set(unitId, body);
            const events = append(store, body);
            const bytes = (appendedBytes.get(unitId) ?? 0) + (events[0]?.json.length ?? 0);
            appendedBytes.set(unitId, bytes);
            const [first] = events;
            if (settles && seq % 3 === 0 && first && store.outbox.has(first.seq)) {
              store.outbox.settle(events.slice(0, 1));
              if (what === 'readings') stored -= 1;
              if (what === 'ready' || what === 'lost') lastOf.delete(unitId);
            }
          }
        }
        const all = left(store);
        for (const [unitId, body] of lastOf) {
          const presences = all.filter(
            ({ type, data }) => type === 'unit.presence' && data.unitId === unitId,
          );
          expect(presences.at(-1)).toEqual(body);
        }
        const there = all.reduce(
          (sum, { type, data }) => sum + (type === 'readings.recorded' ? data.readings.length : 0),
          0,
        );
        expect(there + store.outbox.droppedReadings).toBe(stored);
        // Whoever never had a quarter of the room, with what is kept of everybody, lost nothing.
        const calm = units.filter((unitId) => (appendedBytes.get(unitId) ?? 0) < 8_000 / 8);
        for (const unitId of calm) {
          expect(
            all.some(({ type, data }) => type === 'readings.dropped' && data.unitId === unitId),
          ).toBe(false);
        }
      } finally {
        store.close();
      }
    };
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 40 }), play), propertyRuns(30));
  },
);
