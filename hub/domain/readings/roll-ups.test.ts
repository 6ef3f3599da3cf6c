import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  type Measured,
  type MeasuredUnit,
  type ReadingsHub,
  startReadings,
} from '../../testing/readings-site.ts';
import { testEngines } from '../../testing/test-store.ts';
import { claimDirtyHours, HOUR_MS, settleDirtyHours } from '../../store/dirty-hours.ts';
import type { RollUp } from '../../store/reading-rollups.ts';

const MINUTE_MS = 60_000;
/** The beginning of an hour that is long over. */
const HOUR = Date.UTC(2026, 0, 15, 8);

async function stored(hub: ReadingsHub, table: RollUp) {
  const rows = await hub.store.db
    .selectFrom(table)
    .selectAll()
    .orderBy('property_key')
    .orderBy('at')
    .execute();
  return rows.map(({ at, count, min, max, mean, last }) => [at, count, min, max, mean, last]);
}

const marks = async (hub: ReadingsHub) =>
  await hub.store.db.selectFrom('dirty_hours').select('hour').orderBy('hour').execute();

const at = (seq: number, atMs: number, value: number): Measured => ({ seq, atMs, value });

async function setFloor(hub: ReadingsHub, unit: MeasuredUnit, floorMs: number): Promise<void> {
  await hub.services.unitOfWork.run(async ({ tx, hold }) => {
    await hold({ site: unit.siteId });
    await tx
      .updateTable('sites')
      .set({ raw_floor: floorMs })
      .where('id', '=', unit.siteId)
      .execute();
  }, 'test');
}

describe.each(testEngines())('roll-ups on %s', (engine) => {
  it('hold count, least, greatest, mean and last of each minute and hour', async () => {
    const { hub, unit } = await startReadings(engine);
    await hub.measure(unit, [
      at(1, HOUR, 10),
      at(2, HOUR + 20_000, 30),
      at(3, HOUR + 40_000, 20),
      at(4, HOUR + 5 * MINUTE_MS, -4),
      at(5, HOUR + HOUR_MS, 7),
    ]);
    await hub.rollUp();
    expect(await stored(hub, 'reading_minutes')).toEqual([
      [HOUR, 3, 10, 30, 20, 20],
      [HOUR + 5 * MINUTE_MS, 1, -4, -4, -4, -4],
      [HOUR + HOUR_MS, 1, 7, 7, 7, 7],
    ]);
    expect(await stored(hub, 'reading_hours')).toEqual([
      [HOUR, 4, -4, 30, 14, -4],
      [HOUR + HOUR_MS, 1, 7, 7, 7, 7],
    ]);
    expect(await marks(hub)).toEqual([]);
  });

  it('leave an hour alone that is not over', async () => {
    const { hub, unit } = await startReadings(engine);
    const nowMs = hub.clock.nowMs();
    await hub.measure(unit, [at(1, nowMs - 1_000, 1), at(2, nowMs, 2)]);
    hub.clock.advance(MINUTE_MS - 1);
    await hub.rollUp();
    expect(await stored(hub, 'reading_hours')).toEqual([]);
    hub.clock.advance(1);
    await hub.rollUp();
    expect(await stored(hub, 'reading_hours')).toEqual([[nowMs - HOUR_MS, 1, 1, 1, 1, 1]]);
    expect(await marks(hub)).toEqual([{ hour: nowMs }]);
    hub.clock.advance(HOUR_MS + MINUTE_MS);
    await hub.rollUp();
    expect(await stored(hub, 'reading_hours')).toHaveLength(2);
  });

  it('are corrected by a backlog that comes late', async () => {
    const { hub, unit } = await startReadings(engine);
    await hub.measure(unit, [at(5, HOUR + 1_000, 10)]);
    await hub.rollUp();
    await hub.measure(unit, [at(1, HOUR, 2), at(2, HOUR + 2_000, 30), at(5, HOUR + 1_000, 10)]);
    await hub.rollUp();
    expect(await stored(hub, 'reading_minutes')).toEqual([[HOUR, 3, 2, 30, 14, 30]]);
    expect(await stored(hub, 'reading_hours')).toEqual([[HOUR, 3, 2, 30, 14, 30]]);
  });

  it('take in what comes after the readings of its time are gone', async () => {
    const { hub, unit } = await startReadings(engine);
    await hub.measure(unit, [at(1, HOUR, 10), at(2, HOUR + 10_000, 20)]);
    await hub.rollUp();
    await setFloor(hub, unit, HOUR + 2 * HOUR_MS);
    await hub.store.writer.run((tx) => tx.deleteFrom('readings').execute(), 'test');
    await hub.measure(unit, [
      at(3, HOUR + 5_000, 60),
      at(4, HOUR + 3 * MINUTE_MS, 4),
      at(5, HOUR + 3 * MINUTE_MS + 1, 6),
    ]);
    await hub.rollUp();
    expect(await stored(hub, 'reading_minutes')).toEqual([
      [HOUR, 3, 10, 60, 30, 20],
      [HOUR + 3 * MINUTE_MS, 2, 4, 6, 5, 6],
    ]);
    expect(await stored(hub, 'reading_hours')).toEqual([[HOUR, 5, 4, 60, 20, 6]]);
    expect(await hub.store.db.selectFrom('readings').selectAll().execute()).toEqual([]);
    expect(await hub.store.db.selectFrom('late_readings').selectAll().execute()).toEqual([]);
    expect(await marks(hub)).toEqual([]);
  });

  it('count everything once when two hubs make them at once', async () => {
    const { hub, unit, another } = await startReadings(engine);
    const other = await another();
    const readings = Array.from({ length: 600 }, (_, index) =>
      at(index + 1, HOUR - index * 10 * MINUTE_MS, index),
    );
    await hub.measure(unit, readings.slice(0, 500));
    await Promise.all([hub.rollUp(), other.rollUp()]);
    await setFloor(hub, unit, HOUR + HOUR_MS);
    await Promise.all([
      hub.measure(unit, readings.slice(500)),
      ...[hub, other, hub, other].map((one) => one.rollUp()),
    ]);
    await Promise.all([hub.rollUp(), other.rollUp()]);
    await hub.rollUp();
    const hours = await stored(hub, 'reading_hours');
    expect(hours.reduce((sum, [, count]) => sum + (count ?? 0), 0)).toBe(600);
    expect(await stored(hub, 'reading_minutes')).toHaveLength(600);
    expect(await marks(hub)).toEqual([]);
  });

  it('are not made of readings that are not there yet', async () => {
    const { hub, unit } = await startReadings(engine);
    const claim = { token: 'mine', nowMs: 1, staleBeforeMs: 0, toMs: HOUR, limit: 10 };
    await hub.measure(unit, [at(1, HOUR, 10)]);
    const { writer } = hub.store;
    const claimed = await writer.run((tx) => claimDirtyHours(tx, claim), 'hub');
    expect(claimed).toHaveLength(1);
    // Stored after the hour was read.
    await hub.measure(unit, [at(2, HOUR + 1, 20)]);
    expect(await writer.run((tx) => settleDirtyHours(tx, 'mine', claimed), 'hub')).toEqual([]);
    await hub.rollUp();
    expect(await stored(hub, 'reading_hours')).toEqual([[HOUR, 2, 10, 20, 15, 20]]);
  });

  it('are made by another hub when one stops between reading and storing', async () => {
    const { hub, unit, another } = await startReadings(engine);
    await hub.measure(unit, [at(1, HOUR, 10)]);
    const nowMs = hub.clock.nowMs();
    const claim = { token: 'gone', nowMs, staleBeforeMs: 0, toMs: HOUR, limit: 10 };
    const claimed = await hub.store.writer.run((tx) => claimDirtyHours(tx, claim), 'hub');
    const other = await another();
    await other.rollUp();
    expect(await stored(hub, 'reading_hours')).toEqual([]);
    hub.clock.advance(6 * MINUTE_MS);
    await other.rollUp();
    expect(await stored(hub, 'reading_hours')).toHaveLength(1);
    // It comes back, and has nothing to say any more.
    const late = await hub.store.writer.run((tx) => settleDirtyHours(tx, 'gone', claimed), 'hub');
    expect(late).toEqual([]);
  });

  it('hold old readings too, which were stored before there were any', async () => {
    const { hub, unit } = await startReadings(engine);
    const old = Array.from({ length: 300 }, (_, index) =>
      at(index + 1, HOUR - index * 7 * MINUTE_MS, index),
    );
    await hub.measure(unit, old);
    await hub.store.writer.run(async (tx) => {
      await tx.deleteFrom('dirty_hours').execute();
      await sql`update properties set rolled_up_from = 8640000000000000`.execute(tx);
    }, 'test');
    await hub.measure(unit, [at(1_000, HOUR + 1_000, 500)]);
    await hub.rollUp();
    const hours = await stored(hub, 'reading_hours');
    expect(hours.reduce((sum, [, count]) => sum + (count ?? 0), 0)).toBe(301);
    expect(hours.at(-1)).toEqual([HOUR, 2, 0, 500, 250, 500]);
    const [property] = await hub.store.db
      .selectFrom('properties')
      .select('rolled_up_from')
      .execute();
    expect(property).toEqual({ rolled_up_from: 0 });
  });

  it('hold the greatest numbers that there are', async () => {
    const { hub, unit } = await startReadings(engine);
    const most = Number.MAX_VALUE;
    await hub.measure(unit, [at(1, HOUR, most), at(2, HOUR + 1, most), at(3, HOUR + 2, most)]);
    await hub.rollUp();
    await setFloor(hub, unit, HOUR + HOUR_MS);
    await hub.measure(unit, [at(4, HOUR + 3, most)]);
    await hub.rollUp();
    expect(await stored(hub, 'reading_hours')).toEqual([[HOUR, 4, most, most, most, most]]);
  });
});

describe.each(testEngines())('a reading on %s', (engine) => {
  const count = async (hub: ReadingsHub) =>
    (await hub.store.db.selectFrom('readings').select('seq').execute()).length;

  it('is stored once, though it is reported again with another time', async () => {
    const { hub, unit } = await startReadings(engine);
    const readings = [at(1, HOUR, 1), at(2, HOUR + 1_000, 2), at(3, HOUR + 2_000, 3)];
    const shifted = readings.map((one) => ({ ...one, atMs: one.atMs - 40 * 24 * HOUR_MS }));
    await hub.measure(unit, readings);
    await hub.measure(unit, shifted);
    expect(await count(hub)).toBe(3);
    // Another boot between them.
    await hub.measure(unit, [{ ...at(1, HOUR + 5_000, 9), boot: '0000000b' }]);
    for (const one of shifted) await hub.measure(unit, [one]);
    expect(await count(hub)).toBe(4);
    await hub.measure(unit, [at(4, HOUR + 9_000, 4)]);
    expect(await count(hub)).toBe(5);
  });
});
