import Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { CommandId, Epoch, newId, UnitId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { issued } from '../testing/test-base.ts';
import { openDatabase } from './database.ts';
import { DEFAULT_OUTBOX_BOUNDS, openStore, Store, type StoreOptions } from './store.ts';

const unitId = newId(UnitId);

function pathOf(): string {
  return join(temporaryFolder(atTestEnd), 'base.db');
}

function opened(path: string, outbox?: StoreOptions['outbox']) {
  const store = openStore({ path, ...(outbox ? { outbox } : {}) });
  atTestEnd.add(() => store.close());
  return store;
}

const result = (): BaseEventBody => ({
  type: 'command.finished',
  data: { commandId: newId(CommandId), outcome: 'succeeded', trace: [] },
});
const readings = (count: number): BaseEventBody => ({
  type: 'readings.recorded',
  data: {
    unitId,
    bootId: '00000001',
    readings: Array.from({ length: count }, (_, seq) => ({
      property: 'lux',
      value: seq,
      measuredAtMs: 1,
      receivedAtMs: 1,
      clock: 'none' as const,
      seq,
    })),
  },
});

const status = (seq: number): BaseEventBody => ({
  type: 'unit.event',
  data: { unitId, bootId: '00000001', seq, event: 'pressed', measuredAtMs: 1, receivedAtMs: 1 },
});

it('is readable by its owner alone', () => {
  const path = pathOf();
  opened(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('reports a full disk, keeps nothing of that commit, and continues when there is room', () => {
  const database = openDatabase(pathOf());
  const store = new Store(database, DEFAULT_OUTBOX_BOUNDS, undefined);
  atTestEnd.add(() => store.close());
  const fill = () => store.commit(() => store.outbox.append([readings(1_000)], 1));
  database.pragma('max_page_count = 1');
  expect(fill).toThrow(expect.objectContaining({ code: 'storage_full' }));
  expect(store.outbox.depth.events).toBe(0);
  database.pragma('max_page_count = 1000000');
  expect(fill()).toHaveLength(1);
});

it('has its place in the log where it was, once a transaction that moved it is undone', () => {
  const store = openStore({ path: ':memory:' });
  atTestEnd.add(() => store.close());
  const epoch = newId(Epoch);
  store.commit(() => store.cursor.moveTo(epoch, 7, null));
  const undone = () =>
    store.commit(() => {
      store.cursor.moveTo(epoch, 8, null);
      throw new Error('undone');
    });
  expect(undone).toThrow('undone');
  expect(store.cursor.position).toEqual({ epoch, lastSeq: 7, mark: null });
  store.commit(() => {
    expect(undone).toThrow('undone');
    expect(store.cursor.position).toEqual({ epoch, lastSeq: 7, mark: null });
  });
});

it('keeps the journal, the cursor and the outbox over a restart', () => {
  const path = pathOf();
  const first = openStore({ path });
  const command = issued();
  const epoch = newId(Epoch);
  const outboxEpoch = first.outbox.epoch;
  first.commit(() => {
    first.journal.add(command, 5);
    first.cursor.moveTo(epoch, 7, null);
    first.outbox.append([result()], 5);
  });
  first.close();
  const second = opened(path);
  expect(second.journal.open()).toMatchObject([{ command, state: 'received' }]);
  expect(second.cursor.position).toEqual({ epoch, lastSeq: 7, mark: null });
  expect(second.outbox.epoch).toBe(outboxEpoch);
  expect(second.outbox.depth.events).toBe(1);
  expect(second.commit(() => second.outbox.append([result()], 6))[0]?.seq).toBe(2);
});

it('never uses a sequence number twice, also when everything before was settled', () => {
  const path = pathOf();
  const first = openStore({ path });
  const events = first.commit(() => first.outbox.append([result(), result()], 1));
  first.outbox.settle(events);
  first.commit(() => first.outbox.deleteSettled());
  first.close();
  const second = opened(path);
  expect(second.commit(() => second.outbox.append([result()], 1))[0]?.seq).toBe(3);
});

it('counts as before when a commit is undone, and uses none of its numbers again', () => {
  const store = opened(pathOf());
  const kept = store.commit(() => store.outbox.append([result()], 1));
  expect(() =>
    store.commit(() => {
      store.outbox.append([result(), result()], 1);
      throw new Error('disk full');
    }),
  ).toThrow('disk full');
  expect(store.outbox.depth.events).toBe(1);
  expect(kept[0]?.seq).toBe(1);
  expect(store.commit(() => store.outbox.append([result()], 1))[0]?.seq).toBe(4);
});

it('does not forget what the hub has when its deletion is undone', () => {
  const store = opened(pathOf());
  store.outbox.settle(store.commit(() => store.outbox.append([result()], 1)));
  expect(() =>
    store.commit(() => {
      store.outbox.deleteSettled();
      throw new Error('disk full');
    }),
  ).toThrow('disk full');
  expect(store.outbox.hasSettled).toBe(true);
  expect(store.outbox.depth).toEqual({ events: 0, bytes: 0 });
  store.commit(() => store.outbox.deleteSettled());
  expect(store.outbox.hasSettled).toBe(false);
  expect(store.commit(() => store.outbox.page(100, 100))).toEqual([]);
});

it('never uses a number again that may have left without being stored, whatever ends the process', () => {
  const path = pathOf();
  const first = opened(path);
  first.commit(() => first.outbox.append([result()], 1));
  let left: number | undefined;
  expect(() =>
    first.commit(() => {
      const [event] = first.outbox.append([result()], 1);
      if (event && first.outbox.maySendBeforeCommit(event)) left = event.seq;
      throw new Error('killed');
    }),
  ).toThrow('killed');
  expect(left).toBe(2);
  // Not closed: as after a kill.
  const second = opened(path);
  const [next] = second.commit(() => second.outbox.append([result()], 1));
  expect(next?.seq).toBeGreaterThan(2);
  expect(second.outbox.depth.events).toBe(2);
});

it('sets further numbers aside before the last ones are used', () => {
  const store = opened(pathOf());
  store.commit(() => store.outbox.append([result()], 1));
  for (let count = 0; count < 150; count += 1) {
    store.commit(() => {
      const events = store.outbox.append(Array.from({ length: 20 }, result), 1);
      expect(events.every((event) => store.outbox.maySendBeforeCommit(event))).toBe(true);
      store.outbox.settle(events);
    });
  }
});

it('allows nothing to leave early by a number whose setting aside was undone', () => {
  const store = opened(pathOf());
  expect(() =>
    store.commit(() => {
      store.outbox.append([result()], 1);
      throw new Error('disk full');
    }),
  ).toThrow('disk full');
  store.commit(() => {
    const events = store.outbox.append([result()], 1);
    expect(events.map((event) => store.outbox.maySendBeforeCommit(event))).toEqual([false]);
  });
});

it('drops the oldest readings when it is full, never results, and counts them', () => {
  const store = opened(pathOf(), { maxBytes: 20_000, maxAgeMs: 1_000_000 });
  let dropped = 0;
  for (let index = 0; index < 30; index += 1) {
    dropped += store.commit(() => {
      store.outbox.append([readings(10), result()], index);
      return store.outbox.enforceBounds(index).readings;
    });
  }
  const left = store.commit(() => store.outbox.page(1_000, 1_000));
  expect(left.filter(({ priority }) => priority === 0)).toHaveLength(30);
  const kept = left.filter(({ priority }) => priority === 2).map(({ seq }) => seq);
  expect(kept.at(-1)).toBe(59);
  expect(kept.length * 10 + dropped).toBe(300);
  expect(store.outbox.droppedReadings).toBe(dropped);
  expect(store.outbox.depth.bytes).toBeLessThanOrEqual(20_000);
});

it('then drops the oldest other events, but no declaration, and counts them', () => {
  const path = pathOf();
  const bounds = { maxBytes: 20_000, maxAgeMs: 1_000_000 };
  const store = openStore({ path, outbox: bounds });
  const declared: BaseEventBody = { type: 'units.declared', data: { units: [] } };
  store.commit(() => store.outbox.append([declared, readings(10)], 0));
  let dropped = 0;
  for (let seq = 0; seq < 200; seq += 1) {
    dropped += store.commit(() => {
      store.outbox.append([status(seq), result()], seq);
      return store.outbox.enforceBounds(seq).statusEvents;
    });
  }
  const left = store.commit(() => store.outbox.page(1_000, 1_000));
  const of = (priority: number) => left.filter((event) => event.priority === priority);
  expect(of(0)).toHaveLength(200);
  expect(of(1)[0]?.json).toContain('units.declared');
  expect(of(1).length - 1 + dropped).toBe(200);
  expect(of(2)).toEqual([]);
  expect(dropped).toBeGreaterThan(0);
  store.close();
  expect(opened(path, bounds).outbox.droppedEvents).toBe(dropped);
});

it('drops events that are too old', () => {
  const store = opened(pathOf(), { maxBytes: 1e9, maxAgeMs: 86_400_000 });
  store.commit(() => store.outbox.append([status(1), result()], 0));
  const later = 2 * 86_400_000;
  expect(store.commit(() => store.outbox.enforceBounds(later))).toEqual({
    readings: 0,
    statusEvents: 1,
  });
  expect(store.outbox.depth.events).toBe(1);
});

it('drops readings that are too old', () => {
  const store = opened(pathOf(), { maxBytes: 1e9, maxAgeMs: 86_400_000 });
  store.commit(() => store.outbox.append([readings(3)], 0));
  const later = 2 * 86_400_000;
  store.commit(() => store.outbox.append([readings(4)], later));
  expect(store.commit(() => store.outbox.enforceBounds(later))).toEqual({
    readings: 3,
    statusEvents: 0,
  });
});

it('keeps hub and configured units apart, and forgets who answered at an old address', () => {
  const store = opened(pathOf());
  const address = { host: '10.0.0.1', port: 8888 };
  const link = 'frames' as const;
  const unit = { unitId, name: 'Lamp', address, link, hardwareId: null };
  const configured = {
    unitId: newId(UnitId),
    name: 'Hall',
    address: { ...address, port: 1 },
    link,
  };
  store.commit(() => {
    store.units.putFromConfig(configured);
    store.units.replaceByHub([unit]);
  });
  store.units.learnHardwareId(unitId, 'lamp-1');
  store.units.learnHardwareId(unitId, 'lamp-2');
  expect(store.units.find(unitId)?.hardwareId).toBe('lamp-1');
  store.commit(() => store.units.replaceByHub([unit]));
  expect(store.units.find(unitId)?.hardwareId).toBe('lamp-1');
  const moved = { ...unit, address: { ...address, host: '10.0.0.2' } };
  store.commit(() => store.units.replaceByHub([moved]));
  expect(store.units.find(unitId)).toMatchObject({ hardwareId: null, origin: 'hub' });
  store.commit(() => store.units.changeByHub([], [configured.unitId, newId(UnitId)]));
  expect(store.units.all()).toHaveLength(2);
  store.commit(() => store.units.changeByHub([unit], []));
  expect(store.units.find(unitId)).toMatchObject({ address });
  store.commit(() => store.units.changeByHub([], [unitId]));
  expect(store.units.find(unitId)).toBeUndefined();
  store.commit(() => store.units.replaceByHub([unit]));
  store.commit(() => store.units.replaceByHub([]));
  expect(store.units.all()).toMatchObject([{ unitId: configured.unitId, origin: 'config' }]);
});

it('keeps the newest descriptions, and not more and more of them', () => {
  const path = pathOf();
  const store = openStore({ path });
  const thing: Omit<ThingDescription, 'sb:schemaHash'> = {
    '@context': [],
    title: 'lamp',
    properties: {},
    actions: {},
    events: {},
    'sb:session': 'held',
  };
  const hashOf = (index: number) => index.toString(16).padStart(16, '0');
  for (let index = 0; index < 510; index += 1) {
    store.descriptions.put({ ...thing, 'sb:schemaHash': hashOf(index) });
  }
  expect(store.descriptions.find(hashOf(9))).toBeUndefined();
  expect(store.descriptions.find(hashOf(10))).toBeDefined();
  store.close();
  const { descriptions } = opened(path);
  expect(descriptions.find(hashOf(9))).toBeUndefined();
  expect(descriptions.find(hashOf(509))).toEqual({ ...thing, 'sb:schemaHash': hashOf(509) });
});

it('knows after a power cut that marks may be missing, and after a mere crash that none is', () => {
  const path = pathOf();
  const open = (boot: string | undefined) => {
    const store = openStore({ path, boot });
    atTestEnd.add(() => store.close());
    return store;
  };
  const first = open('monday');
  expect(first.areMarksCertain).toBe(true);
  expect(open('tuesday').areMarksCertain).toBe(true);
  first.commitSoon(() => first.journal.add(issued(), 1));
  expect(open('monday').areMarksCertain).toBe(true);
  expect(open('tuesday').areMarksCertain).toBe(false);
  expect(open(undefined).areMarksCertain).toBe(false);
  first.close();
  expect(open('tuesday').areMarksCertain).toBe(true);
});

it('waits for its turn before it reads, so that no other process comes between', () => {
  const path = pathOf();
  const store = opened(path);
  const other = new Database(path, { timeout: 0 });
  atTestEnd.add(() => other.close());
  store.commit(() => {
    expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('database is locked');
  });
  other.exec('BEGIN IMMEDIATE');
  other.exec('ROLLBACK');
});
