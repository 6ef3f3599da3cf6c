import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import type { OutboxEvent } from './outbox-event.ts';
import { openStore, type Store } from '../store.ts';

const unitId = newId(UnitId);
const otherId = newId(UnitId);
const Event = z.object({ type: z.string(), data: z.unknown() });
const ROOM = { maxBytes: 4_000, maxAgeMs: 1_000_000 };

let path: string;
let store: Store;

const open = (outbox = ROOM) => {
  store = openStore({ path, outbox });
  const opened = store;
  atTestEnd.add(() => opened.close());
};

beforeEach(() => {
  path = join(temporaryFolder(atTestEnd), 'base.db');
  open();
});

/** Ten readings, one a second from `seq` seconds on, as the base takes them; what may be sent then. */
function enqueue(seq: number, of = unitId): OutboxEvent[] {
  const readings = Array.from({ length: 10 }, (_, index) => ({
    property: 'lux',
    value: 1,
    measuredAtMs: (seq + index) * 1_000,
    receivedAtMs: (seq + index) * 1_000,
    clock: 'none' as const,
    seq: seq + index,
  }));
  const body: BaseEventBody = {
    type: 'readings.recorded',
    data: { unitId: of, bootId: '00000001', readings },
  };
  return store.commit(() => {
    const events = store.outbox.append([body], seq);
    store.outbox.enforceBounds(seq);
    return [...events, ...store.reportGaps(seq)];
  });
}

const gapsOf = (events: readonly OutboxEvent[]) =>
  events.flatMap(({ json }) => {
    const body = BaseEventBody.parse(Event.parse(JSON.parse(json)));
    return body.type === 'readings.dropped' ? [body.data] : [];
  });
const inOutbox = () => store.commit(() => store.outbox.page(1_000_000, 1_000_000));
const countOf = (gaps: readonly { readonly count: number }[]) =>
  gaps.reduce((sum, { count }) => sum + count, 0);

it('records the dropped readings in the commit that drops them', () => {
  const events = [0, 10, 20, 30, 40].flatMap((seq) => enqueue(seq));
  const [gap] = gapsOf(events);
  expect(gap).toEqual({ unitId, fromMs: 0, toMs: 9_000, count: 10, reason: 'outbox_full' });
  expect(gapsOf(inOutbox())).toEqual([gap]);
});

it('adds up dropped readings until the hub has the previous record', () => {
  for (let seq = 0; seq < 1_000; seq += 10) enqueue(seq);
  const first = inOutbox();
  expect(gapsOf(first)).toHaveLength(1);
  store.outbox.settle(first.filter(({ priority }) => priority === 1));
  const later = store.commit(() => {
    store.outbox.deleteSettled();
    return store.reportGaps(2_000);
  });
  const [gap] = gapsOf(later);
  const kept = inOutbox().filter(({ priority }) => priority === 2).length * 10;
  expect(countOf([...gapsOf(first), ...gapsOf(later)])).toBe(store.outbox.droppedReadings);
  expect(store.outbox.droppedReadings + kept).toBe(1_000);
  expect(gap).toMatchObject({ fromMs: 10_000, toMs: (999 - kept) * 1_000 });
});

it('keeps one record per unit', () => {
  const events = [0, 10, 20, 30, 40, 50, 60].flatMap((seq) => [
    ...enqueue(seq),
    ...enqueue(seq, otherId),
  ]);
  expect(new Set(gapsOf(events).map((gap) => gap.unitId))).toEqual(new Set([unitId, otherId]));
  expect(gapsOf(events)).toHaveLength(2);
});

it('keeps unsent records over a restart, and never drops one', () => {
  for (let seq = 0; seq < 1_000; seq += 10) enqueue(seq);
  const dropped = store.outbox.droppedReadings;
  store.close();
  open({ maxBytes: 1, maxAgeMs: 1 });
  const record = gapsOf(inOutbox());
  expect(record).toHaveLength(1);
  store.commit(() => store.outbox.enforceBounds(10_000_000));
  expect(gapsOf(inOutbox())).toEqual(record);
  store.outbox.settle(inOutbox());
  const gaps = store.commit(() => {
    store.outbox.deleteSettled();
    return store.reportGaps(10_000_000);
  });
  expect(countOf([...record, ...gapsOf(gaps)])).toBe(store.outbox.droppedReadings);
  expect(store.outbox.droppedReadings).toBeGreaterThan(dropped);
});

it('says nothing of readings whose giving up was undone', () => {
  enqueue(0);
  enqueue(10);
  expect(() =>
    store.commit(() => {
      for (let seq = 20; seq < 100; seq += 10) enqueue(seq);
      throw new Error('disk full');
    }),
  ).toThrow('disk full');
  expect(store.commit(() => store.reportGaps(100))).toEqual([]);
  expect(store.outbox.droppedReadings).toBe(0);
});

it('says that they were too old', () => {
  store.close();
  open({ maxBytes: 1e9, maxAgeMs: 86_400_000 });
  enqueue(0);
  const later = 2 * 86_400_000;
  const gaps = store.commit(() => {
    store.outbox.enforceBounds(later);
    return store.reportGaps(later);
  });
  expect(gapsOf(gaps)).toMatchObject([{ count: 10, reason: 'outbox_age' }]);
});
