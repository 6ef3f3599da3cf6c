import type { RawBuilder } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { ReadQueries, ReadTurn } from '../../store/engine/read-queries.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { openStoreOf } from '../../testing/test-store.ts';
import { poison } from '../../testing/poison.ts';
import { snapshotOf } from '../../testing/test-hub.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { Sparklines } from './sparklines.ts';

/** Reads as it stands in the database, and lets a test say what happens meanwhile. */
class CountingReader implements ReadQueries {
  readonly #inner: ReadQueries;
  isOverloaded = false;
  slices = 0;
  beforeAnswer: () => void = () => undefined;

  constructor(inner: ReadQueries) {
    this.#inner = inner;
  }

  get size(): number {
    return this.#inner.size;
  }

  get dialect() {
    return this.#inner.dialect;
  }

  async rows<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<z.output<T>[]> {
    return (await this.timed(schema, query, turn)).rows;
  }

  async timed<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<{ readonly rows: z.output<T>[]; readonly durationMs: number }> {
    this.slices += 1;
    if (this.isOverloaded) throw new AppError('overloaded');
    const answer = await this.#inner.timed(schema, query, turn);
    this.beforeAnswer();
    return answer;
  }
}

async function startLines() {
  const site = await startLampSite({ online: false });
  const nowMs = Date.now();
  const measure = async (seq: number, value: number) => {
    const times = { measuredAtMs: nowMs, receivedAtMs: nowMs };
    const reading = { property: 'temperature', value, ...times, clock: 'synced' as const, seq };
    await site.base.send({
      type: 'readings.recorded',
      data: { unitId: site.unitId, bootId: '0000000a', readings: [reading] },
    });
  };
  await measure(1, 20);
  const unit = await site.owner.client.request(UnitView, { path: `/api/units/${site.unitId}` });
  const reader = new CountingReader((await openStoreOf(site.hub.dataFolder)).reader);
  const clock = new ManualClock(nowMs);
  const sparklines = new Sparklines({ reader, clock });
  // As many lines as take two slices.
  const units = Array.from({ length: 21 }, () => unit);
  const mean = async () =>
    (await sparklines.of('site', units))[unit.id]?.['temperature']?.map(([, value]) => value);
  return { reader, clock, measure, mean };
}

it('begin no slice once their time is over', async () => {
  const { reader, clock, measure, mean } = await startLines();
  expect(await mean()).toEqual([20]);
  expect(reader.slices).toBe(2);
  await measure(2, 30);
  reader.beforeAnswer = () => clock.advance(250);
  expect((await mean())?.length).toBeGreaterThan(0);
  expect(reader.slices).toBe(3);
  reader.beforeAnswer = () => undefined;
  clock.advance(1);
  expect(await mean()).toEqual([25]);
});

it('cost a board nothing but themselves when too much is read already', async () => {
  const { reader, mean } = await startLines();
  expect(await mean()).toEqual([20]);
  reader.isOverloaded = true;
  expect(await mean()).toEqual([20]);
});

/** The means of the hub's own board, where the readings are what its base reported. */
describe('what is kept of a line', () => {
  const SPAN_MS = 900_000;
  async function startBoard() {
    const site = await startLampSite({ online: false });
    // The middle of a span that is over, whenever this runs.
    const atMs = (Math.floor(Date.now() / SPAN_MS) - 3.5) * SPAN_MS;
    const measure = async (seq: number, value: number, measuredAtMs: number) => {
      const times = { measuredAtMs, receivedAtMs: Date.now() };
      const reading = { property: 'temperature', value, ...times, clock: 'synced' as const, seq };
      await site.base.send({
        type: 'readings.recorded',
        data: { unitId: site.unitId, bootId: '0000000a', readings: [reading] },
      });
    };
    const values = async () => {
      const { sparklines } = await snapshotOf(site.owner);
      return sparklines[site.unitId]?.['temperature']?.map(([, value]) => value);
    };
    return { site, atMs, measure, values };
  }

  it('is what was read, until a reading of that time comes late', async () => {
    const { site, atMs, measure, values } = await startBoard();
    await measure(1, 20, atMs);
    expect(await values()).toEqual([20]);
    // Nobody but the hub writes to its file: this shows that the span is not read again.
    await poison(site.hub.dataFolder, 'update readings set value = 12');
    expect(await values()).toEqual([20]);
    await measure(2, 30, atMs + 1);
    expect(await values()).toEqual([21]);
    await measure(3, 50, atMs - SPAN_MS);
    expect(await values()).toEqual([50, 21]);
    await poison(site.hub.dataFolder, 'update readings set value = ? where seq = 2', Infinity);
    await measure(4, 40, atMs + 2);
    expect(await values()).toEqual([50, 26]);
  });

  it('ends with the unit', async () => {
    const { site, atMs, measure, values } = await startBoard();
    await measure(1, 20, atMs);
    expect(await values()).toEqual([20]);
    await site.owner.client.done({ path: `/api/units/${site.unitId}`, method: 'DELETE' });
    expect(await values()).toBeUndefined();
  });
});
