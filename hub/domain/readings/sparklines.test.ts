import type { RawBuilder } from 'kysely';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { UnitView } from '#protocol/http/units.ts';
import { databaseFile, openDatabase } from '../../store/engine/sqlite/database.ts';
import { QueryThread, type ReadTurn } from '../../store/engine/sqlite/query-thread.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { Sparklines } from './sparklines.ts';

/** Reads as it stands in the database, and lets a test say what happens meanwhile. */
class CountingReader extends QueryThread {
  isOverloaded = false;
  slices = 0;
  beforeAnswer: () => void = () => undefined;

  override async timed<T extends z.ZodType>(
    schema: T,
    query: RawBuilder<unknown>,
    turn: ReadTurn,
  ): Promise<{ readonly rows: z.output<T>[]; readonly tookMs: number }> {
    this.slices += 1;
    if (this.isOverloaded) throw new AppError('overloaded');
    const answer = await super.timed(schema, query, turn);
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
    await site.base.tell({
      type: 'readings.taken',
      data: { unitId: site.unitId, bootId: '0000000a', readings: [reading] },
    });
  };
  await measure(1, 20);
  const unit = await site.owner.client.ask(UnitView, { path: `/api/units/${site.unitId}` });
  const db = openDatabase(site.hub.dataFolder);
  onTestFinished(() => db.destroy());
  const file = databaseFile(site.hub.dataFolder);
  const reader = new CountingReader({ db, file, log: pino({ level: 'silent' }) });
  onTestFinished(() => reader.close());
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
