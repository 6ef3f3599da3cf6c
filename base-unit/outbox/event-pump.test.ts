import { beforeEach, describe, expect, it } from 'vitest';
import { HUB_RETRY } from './hub-retry.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import type { MemorySender } from '../testing/memory-sender.ts';
import { PumpFixture } from '../testing/pump-fixture.ts';

let clock: PumpFixture['clock'];
let store: PumpFixture['store'];
let sender: PumpFixture['sender'];
let pump: PumpFixture['pump'];
let result: PumpFixture['result'];
let reading: PumpFixture['reading'];
let append: PumpFixture['append'];
let settle: PumpFixture['settle'];
let arrived: PumpFixture['arrived'];
let reached: PumpFixture['reached'];
let sendBy: PumpFixture['sendBy'];

beforeEach(() => {
  ({ clock, store, sender, pump, result, reading, append, settle, arrived, reached, sendBy } =
    new PumpFixture());
});

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
    pump = sendBy(slow);
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
    pump = sendBy(slow);
    pump.start();
    append({ type: 'units.declared', data: { units: [] } }, reading());
    await settle();
    expect(arrived()).toEqual([]);
    release?.();
    await settle();
    expect(arrived()).toEqual([1, 2]);
  });

  it('continues after an unexpected failure', async () => {
    let failures = 1;
    const broken = {
      send: async (batch: Parameters<MemorySender['send']>[0]) => {
        failures -= 1;
        if (failures === 0) throw new Error('unexpected');
        return sender.send(batch);
      },
    };
    pump = sendBy(broken);
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

  it('shows no error once the hub is back, also of what has nothing to send', async () => {
    sender.answer = () => ({ kind: 'later', code: 'hub_unreachable' });
    pump.start();
    append(result());
    await settle();
    sender.answer = undefined;
    clock.advance(1_000);
    await settle();
    expect(pump.lastError).toBeUndefined();
  });

  it('says once that the hub is reached again, after failures alone', async () => {
    pump.start();
    append(result());
    await settle();
    expect(reached()).toBe(0);
    sender.answer = () => ({ kind: 'later', code: 'hub_unreachable' });
    append(result(), reading());
    await settle();
    sender.answer = undefined;
    clock.advance(HUB_RETRY.maxMs);
    await settle();
    append(result(), reading());
    await settle();
    expect(arrived()).toHaveLength(5);
    expect(reached()).toBe(1);
  });

  it('waits as long as the hub requests, unless the hub is reached before', async () => {
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
