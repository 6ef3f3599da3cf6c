import { beforeEach, describe, expect, it } from 'vitest';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { CommandId, newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { manualClock, type ManualClock } from '../../test/harness/virtual-units.ts';
import { HUB_RETRY } from './hub-retry.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import { openStore, type Store } from '../store/store.ts';
import { testLog } from '../testing/test-base.ts';
import { EventPumps } from './event-pumps.ts';
import { MemorySender } from '../testing/memory-sender.ts';

const unitId = newId(UnitId);
const result = (): BaseEventBody => ({
  type: 'command.finished',
  data: { commandId: newId(CommandId), outcome: 'succeeded', trace: [] },
});
const reading = (seq = 1): BaseEventBody => ({
  type: 'readings.recorded',
  data: {
    unitId,
    bootId: '00000001',
    readings: [{ property: 'lux', value: 1, measuredAtMs: 1, receivedAtMs: 1, clock: 'none', seq }],
  },
});

let clock: ManualClock;
let store: Store;
let sender: MemorySender;
let pump: EventPumps;

beforeEach(() => {
  clock = manualClock();
  store = openStore({ path: `${temporaryFolder(atTestEnd)}/base.db` });
  sender = new MemorySender();
  pump = new EventPumps({ clock, store, sender, log: testLog, random: () => 0.5 });
  atTestEnd.add(async () => {
    await pump.close();
    store.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

function append(...bodies: BaseEventBody[]): void {
  pump.enqueue(store.commit(() => store.outbox.append(bodies, clock.nowMs())));
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}

const arrived = () => sender.received.map(({ seq }) => seq);

describe('the event pump', () => {
  it('sends what just happened at once, and forgets it after the 2xx', async () => {
    pump.start();
    append(result());
    await settle();
    expect(arrived()).toEqual([1]);
    expect(store.outbox.depth).toEqual({ events: 0, bytes: 0 });
  });

  it('sends the backlog of an earlier run, results first, in bounded batches', async () => {
    append(...Array.from({ length: 450 }, (_, index) => reading(index)), result());
    pump.start();
    await settle();
    expect(arrived()[0]).toBe(451);
    expect(arrived()).toHaveLength(451);
    expect(sender.batches.map(({ events }) => events.length)).toEqual([1, 200, 200, 50]);
  });

  it('sends what was counted by different clocks in batches of their own', async () => {
    store.commit(() => store.clocks.begin(0));
    append(reading(1), reading(2));
    store.commit(() => store.clocks.learn(0));
    store.commit(() => store.clocks.learn(28_800_000));
    append(reading(3));
    pump.start();
    await settle();
    expect(sender.batches.map(({ events }) => events.map(({ seq }) => seq))).toEqual([[1, 2], [3]]);
  });

  it('lets no result wait for readings under way', async () => {
    let release: (() => void) | undefined;
    const slow = {
      send: async (batch: Parameters<MemorySender['send']>[0]) => {
        const isReadings = batch.events.some(({ json }) => json.includes('readings.recorded'));
        if (isReadings) await new Promise<void>((resolve) => (release = resolve));
        return sender.send(batch);
      },
    };
    pump = new EventPumps({ clock, store, sender: slow, log: testLog, random: () => 0.5 });
    pump.start();
    append(reading());
    append(result());
    await settle();
    expect(arrived()).toEqual([2]);
    release?.();
    await settle();
    expect(arrived()).toEqual([2, 1]);
  });

  it('sends no readings while a declaration is not settled', async () => {
    let release: (() => void) | undefined;
    const slow = {
      send: async (batch: Parameters<MemorySender['send']>[0]) => {
        const isDeclaration = batch.events.some(({ json }) => json.includes('units.declared'));
        if (isDeclaration) await new Promise<void>((resolve) => (release = resolve));
        return sender.send(batch);
      },
    };
    pump = new EventPumps({ clock, store, sender: slow, log: testLog, random: () => 0.5 });
    pump.start();
    append({ type: 'units.declared', data: { units: [] } }, reading());
    await settle();
    expect(arrived()).toEqual([]);
    release?.();
    await settle();
    expect(arrived()).toEqual([1, 2]);
  });

  it('goes on after a failure that nobody expected', async () => {
    let failures = 1;
    const broken = {
      send: async (batch: Parameters<MemorySender['send']>[0]) => {
        failures -= 1;
        if (failures === 0) throw new Error('unexpected');
        return sender.send(batch);
      },
    };
    pump = new EventPumps({ clock, store, sender: broken, log: testLog, random: () => 0.5 });
    pump.start();
    append(result());
    await settle();
    expect(pump.lastError).toBe('internal');
    clock.advance(HUB_RETRY.maxMs);
    await settle();
    expect(arrived()).toEqual([1]);
  });

  it('waits longer and longer while the hub is away, then sends all of it once', async () => {
    sender.answer = () => ({ kind: 'later', code: 'hub_unreachable' });
    pump.start();
    append(result());
    await settle();
    expect(pump.lastError).toBe('hub_unreachable');
    for (let count = 0; count < 30; count += 1) {
      append(reading(count));
      clock.advance(1_000);
      await settle();
    }
    const tries = sender.batches.length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(20);
    sender.answer = undefined;
    clock.advance(HUB_RETRY.maxMs);
    await settle();
    expect(pump.lastError).toBeUndefined();
    expect(arrived()).toHaveLength(31);
    expect(store.outbox.depth.events).toBe(0);
  });

  it('is in no trouble once the hub is back, also of what has nothing to send', async () => {
    sender.answer = () => ({ kind: 'later', code: 'hub_unreachable' });
    pump.start();
    append(result());
    await settle();
    sender.answer = undefined;
    clock.advance(1_000);
    await settle();
    expect(pump.lastError).toBeUndefined();
  });

  it('waits as long as the hub asks, unless it hears of the hub before', async () => {
    sender.answer = () => ({ kind: 'later', code: 'rate_limited', afterMs: 60_000 });
    pump.start();
    append(result());
    await settle();
    clock.advance(59_000);
    await settle();
    expect(sender.batches).toHaveLength(1);
    sender.answer = undefined;
    pump.wake();
    await settle();
    expect(arrived()).toEqual([1]);
  });

  it('finds the one event that makes a batch wrong, and sends the others', async () => {
    sender.answer = ({ events }) =>
      events.some(({ seq }) => seq === 3) ? { kind: 'wrong', code: 'bad_request' } : undefined;
    append(result(), result(), result(), result());
    pump.start();
    await settle();
    expect(arrived().sort()).toEqual([1, 2, 4]);
    expect(pump.refused).toBe(1);
    expect(store.outbox.depth.events).toBe(0);
  });

  it('never sends an event again that the hub refused', async () => {
    sender.answer = () => ({ kind: 'settled', refused: [{ seq: 1, code: 'event_foreign' }] });
    pump.start();
    append(result());
    await settle();
    expect(pump.refused).toBe(1);
    expect(store.outbox.depth.events).toBe(0);
  });

  it('deletes settled events even when nothing more happens', async () => {
    pump.start();
    append(result());
    await settle();
    clock.advance(250);
    expect(store.outbox.hasSettled).toBe(false);
    expect(store.commit(() => store.outbox.page(10, 10))).toEqual([]);
  });

  /** Stores results as the event writer does: they leave first. */
  const appendAhead = (isStored = true): OutboxEvent[] => {
    let events: OutboxEvent[] = [];
    try {
      store.commit(() => {
        events = store.outbox.append([result()], clock.nowMs());
        pump.sendBeforeCommit(events);
        if (!isStored) throw new Error('disk full');
      });
    } catch {
      return events;
    }
    pump.enqueue(events);
    return events;
  };

  it('sends what leaves ahead of its commit once', async () => {
    pump.start();
    appendAhead();
    appendAhead();
    await settle();
    expect(arrived()).toEqual([1, 2]);
    expect(store.outbox.depth.events).toBe(0);
  });

  it('keeps what left ahead of its commit and did not get through', async () => {
    pump.start();
    sender.answer = () => ({ kind: 'later', code: 'hub_unreachable' });
    appendAhead();
    await settle();
    expect(store.outbox.depth.events).toBe(1);
    sender.answer = undefined;
    clock.advance(1_000);
    await settle();
    expect(store.outbox.depth.events).toBe(0);
  });

  it('sends what got through and could not be stored again, once it is stored', async () => {
    pump.start();
    const events = appendAhead(false);
    await settle();
    expect(arrived()).toEqual([1]);
    store.commit(() => store.outbox.reappend(events, clock.nowMs()));
    pump.enqueue(events);
    await settle();
    expect(sender.batches).toHaveLength(2);
    expect(arrived()).toEqual([1]);
    expect(store.outbox.depth.events).toBe(0);
  });

  it('lets nothing leave ahead while events do not get through', async () => {
    pump.start();
    sender.answer = () => ({ kind: 'later', code: 'hub_unreachable' });
    append(result());
    await settle();
    sender.answer = undefined;
    store.commit(() => {
      pump.sendBeforeCommit(store.outbox.append([result()], clock.nowMs()));
    });
    await settle();
    expect(arrived()).toEqual([]);
  });
});

describe('beside readings that a hub falls over, the event pump', () => {
  it('sends results', async () => {
    sender.answer = ({ events }) =>
      events.some(({ json }) => json.includes('readings.recorded'))
        ? { kind: 'later', code: 'internal' }
        : undefined;
    pump.start();
    append(reading());
    await settle();
    append(result());
    await settle();
    expect(arrived()).toEqual([2]);
  });
});

describe('on a path that swallows large packets, the event pump', () => {
  const NARROW_BYTES = 2_000;
  const bytesOf = (events: readonly OutboxEvent[]) =>
    events.reduce((sum, { json }) => sum + json.length, 0);
  const large = (): BaseEventBody => ({
    type: 'unit.event',
    data: {
      unitId,
      bootId: '00000001',
      seq: 1,
      event: 'log',
      data: 'x'.repeat(NARROW_BYTES),
      measuredAtMs: 1,
      receivedAtMs: 1,
    },
  });
  const swallowLarge = () => {
    sender.answer = ({ events }) =>
      bytesOf(events) > NARROW_BYTES
        ? { kind: 'later', code: 'hub_unreachable', isTimeout: true }
        : undefined;
  };
  const pass = async (ms: number) => {
    for (let past = 0; past < ms; past += 1_000) {
      clock.advance(1_000);
      await settle();
    }
  };

  it('sends results while readings do not get through', async () => {
    sender.answer = ({ events }) =>
      events.some(({ json }) => json.includes('readings.recorded'))
        ? { kind: 'later', code: 'hub_unreachable', isTimeout: true }
        : undefined;
    append(...Array.from({ length: 300 }, (_, index) => reading(index)));
    pump.start();
    await settle();
    append(result());
    await settle();
    expect(arrived()).toEqual([301]);
  });

  it('shrinks batches until they get through, and says why', async () => {
    swallowLarge();
    append(...Array.from({ length: 200 }, (_, index) => reading(index)));
    pump.start();
    await pass(9_000);
    expect(arrived()).toHaveLength(200);
    expect(pump.lastError).toBe('large_messages_lost');
  });

  it('tries what fits into one packet after a single timeout of a small batch', async () => {
    const bytes: number[] = [];
    sender.answer = ({ events }) => {
      bytes.push(bytesOf(events));
      return bytesOf(events) > 1_000
        ? { kind: 'later', code: 'hub_unreachable', isTimeout: true }
        : undefined;
    };
    append(...Array.from({ length: 40 }, (_, index) => reading(index)));
    pump.start();
    await pass(3_000);
    expect(bytes[0]).toBeGreaterThan(5_000);
    expect(bytes.filter((size) => size > 1_000)).toHaveLength(1);
    expect(pump.lastError).toBe('large_messages_lost');
  });

  it('says how large events may be that need not wait behind what timed out', async () => {
    swallowLarge();
    pump.start();
    expect(pump.eventBytes).toBeGreaterThan(100_000);
    append(large());
    await settle();
    expect(pump.eventBytes).toBeLessThan(500);
    append(reading());
    await pass(3_000);
    expect(arrived()).toHaveLength(1);
    expect(pump.lastError).toBe('large_messages_lost');
    sender.answer = undefined;
    await pass(60_000);
    expect(pump.eventBytes).toBeGreaterThan(100_000);
  });

  it('sends what fits past an event that is too large by itself', async () => {
    swallowLarge();
    append(large(), ...Array.from({ length: 20 }, (_, index) => reading(index)));
    pump.start();
    await pass(9_000);
    expect(arrived()).toHaveLength(20);
    expect(store.outbox.depth.events).toBe(1);
  });

  it('sends full batches again once the path carries them', async () => {
    swallowLarge();
    append(large(), ...Array.from({ length: 20 }, (_, index) => reading(index)));
    pump.start();
    await pass(9_000);
    sender.answer = undefined;
    await pass(60_000);
    expect(store.outbox.depth.events).toBe(0);
    expect(pump.lastError).toBeUndefined();
    sender.batches.length = 0;
    append(...Array.from({ length: 100 }, (_, index) => reading(index)));
    await settle();
    expect(sender.batches.map(({ events }) => events.length)).toEqual([100]);
  });

  it('tries what is too large less and less often', async () => {
    swallowLarge();
    append(large(), reading());
    pump.start();
    await pass(20_000);
    sender.batches.length = 0;
    await pass(600_000);
    expect(sender.batches.length).toBeGreaterThan(1);
    expect(sender.batches.length).toBeLessThan(10);
  });
});
