import { beforeEach, describe, expect, it } from 'vitest';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import { PumpFixture } from '../testing/pump-fixture.ts';

let clock: PumpFixture['clock'];
let store: PumpFixture['store'];
let sender: PumpFixture['sender'];
let pump: PumpFixture['pump'];
let unitId: PumpFixture['unitId'];
let result: PumpFixture['result'];
let reading: PumpFixture['reading'];
let append: PumpFixture['append'];
let settle: PumpFixture['settle'];
let arrived: PumpFixture['arrived'];

beforeEach(() => {
  ({ clock, store, sender, pump, unitId, result, reading, append, settle, arrived } =
    new PumpFixture());
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

  it('sends what fits past an event that is too large', async () => {
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
