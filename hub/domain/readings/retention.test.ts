import { describe, expect, it } from 'vitest';
import { Problem } from '#protocol/http/problem.ts';
import { RetentionView, type RetentionDays } from '#protocol/retention.ts';
import { HOUR_MS } from '../../store/dirty-hours.ts';
import { readingPartitions } from '../../store/reading-partitions.ts';
import { putRetention } from '../../store/reading-retention.ts';
import { type MeasuredUnit, type ReadingsHub, startReadings } from '../../testing/readings-site.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { openTestDatabase, testEngines } from '../../testing/test-store.ts';

const DAY_MS = 24 * HOUR_MS;
const FOR_EVER: RetentionDays = { rawDays: null, minuteDays: null, hourDays: null };

/** One reading a day, the newest yesterday. */
async function measureDays(hub: ReadingsHub, unit: MeasuredUnit, days: number): Promise<void> {
  const nowMs = hub.clock.nowMs();
  const readings = Array.from({ length: days }, (_, index) => {
    return { seq: days - index, atMs: nowMs - (index + 1) * DAY_MS, value: index };
  });
  await hub.measure(unit, readings);
}

async function choose(hub: ReadingsHub, unit: MeasuredUnit, days: RetentionDays): Promise<void> {
  await hub.store.writer.run((tx) => putRetention(tx, unit.siteId, days), 'test');
}

async function sweep(hub: ReadingsHub): Promise<void> {
  while (await hub.services.retentionSweep.runPiece());
}

async function countOf(hub: ReadingsHub, unit: MeasuredUnit) {
  const count = async (table: 'readings' | 'reading_minutes' | 'reading_hours') => {
    const rows = await hub.store.db
      .selectFrom(table)
      .innerJoin('properties', 'properties.key', `${table}.property_key`)
      .innerJoin('units', 'units.key', 'properties.unit_key')
      .select('properties.key')
      .where('units.id', '=', unit.id)
      .execute();
    return rows.length;
  };
  return [await count('readings'), await count('reading_minutes'), await count('reading_hours')];
}

describe.each(testEngines())('retention on %s', (engine) => {
  it('is that of each site: one loses what another keeps', async () => {
    const { hub, unit } = await startReadings(engine);
    const other = await hub.addUnit();
    await measureDays(hub, unit, 60);
    await measureDays(hub, other, 60);
    await hub.rollUp();
    await choose(hub, unit, { rawDays: 10, minuteDays: 20, hourDays: null });
    await choose(hub, other, FOR_EVER);
    await sweep(hub);
    expect(await countOf(hub, unit)).toEqual([10, 20, 60]);
    expect(await countOf(hub, other)).toEqual([60, 60, 60]);
    const { points, source } = await hub.history(unit, { resolution: 'raw' });
    expect([points.length, source]).toEqual([60, '1h']);
  });

  it('deletes nothing that is not in the roll-ups yet', async () => {
    const { hub, unit } = await startReadings(engine);
    const other = await hub.addUnit();
    await choose(hub, other, FOR_EVER);
    await measureDays(hub, unit, 40);
    await choose(hub, unit, { rawDays: 10, minuteDays: null, hourDays: null });
    await sweep(hub);
    expect(await countOf(hub, unit)).toEqual([40, 0, 0]);
    await hub.rollUp();
    await sweep(hub);
    expect(await countOf(hub, unit)).toEqual([10, 40, 40]);
  });

  it('deletes nothing by a clock that may be wrong', async () => {
    const { hub, unit } = await startReadings(engine);
    await measureDays(hub, unit, 40);
    await hub.rollUp();
    hub.areAgesCertain = false;
    await sweep(hub);
    expect(await countOf(hub, unit)).toEqual([40, 40, 40]);
  });

  it('lets a late backlog join what is kept', async () => {
    const { hub, unit } = await startReadings(engine);
    await measureDays(hub, unit, 60);
    await hub.rollUp();
    await sweep(hub);
    const atMs = hub.clock.nowMs() - 50 * DAY_MS + 1;
    await hub.measure(unit, [{ seq: 1_000, atMs, value: 500 }]);
    await hub.rollUp();
    const { points } = await hub.history(unit, { from: atMs - 1, to: atMs + 1, resolution: '1m' });
    expect(points).toMatchObject([{ count: 2, min: 49, max: 500, last: 500 }]);
  });

  it('is 30 days, a year and for ever for a new site', async () => {
    const { hub, unit } = await startReadings(engine);
    await measureDays(hub, unit, 400);
    await hub.rollUp();
    await choose(hub, await hub.addUnit(), FOR_EVER);
    await sweep(hub);
    expect(await countOf(hub, unit)).toEqual([30, 365, 400]);
  });
});

it.skipIf(!testEngines().includes('postgres'))('drops whole partitions', async () => {
  const { hub, unit } = await startReadings('postgres');
  hub.clock.set(Date.now() + 300 * DAY_MS);
  await hub.services.partitions.look();
  hub.clock.suspend(21 * DAY_MS);
  await measureDays(hub, unit, 60);
  await hub.rollUp();
  await choose(hub, unit, { rawDays: 7, minuteDays: null, hourDays: null });
  await sweep(hub);
  const before = (await readingPartitions(hub.store.db)).length;
  await sweep(hub);
  expect((await readingPartitions(hub.store.db)).length).toBeLessThan(before);
  const [readings, minutes] = await countOf(hub, unit);
  expect(readings).toBeGreaterThanOrEqual(7);
  expect(readings).toBeLessThan(15);
  expect(minutes).toBe(60);
});

it('is chosen by an owner, who confirms what it deletes', async () => {
  const site = await startLampSite({ online: false });
  const path = `/api/sites/${site.owner.siteId}/retention`;
  const { client } = site.owner;
  expect(await client.request(RetentionView, { path })).toEqual({
    ...{ rawDays: 30, minuteDays: 365, hourDays: null },
    ...{ rawFromMs: 0, minutesFromMs: 0, hoursFromMs: 0 },
  });
  const put = (body: object) => client.call({ method: 'PUT', path, body });
  const wrong = await put({ rawDays: 60, minuteDays: 30, hourDays: null });
  expect(Problem.parse(wrong.body).code).toBe('bad_request');
  expect((await put({ rawDays: 60, minuteDays: null, hourDays: null })).status).toBe(200);
  await site.base.send({
    type: 'readings.recorded',
    data: {
      unitId: site.unitId,
      bootId: '0000000a',
      readings: [
        {
          ...{ property: 'temperature', value: 20, seq: 1, clock: 'synced' },
          ...{ measuredAtMs: Date.now(), receivedAtMs: Date.now() },
        },
      ],
    },
  });
  const db = await openTestDatabase(site.hub.dataFolder);
  const { key } = await db
    .selectFrom('properties')
    .select('key')
    .where('name', '=', 'temperature')
    .executeTakeFirstOrThrow();
  const bucket = { property_key: key, at: 0, min: 1, max: 1, mean: 1, last: 1, last_at: 1 };
  await db
    .insertInto('reading_hours')
    .values({ ...bucket, count: 1_234 })
    .execute();
  await db.destroy();
  const days = { rawDays: 7, minuteDays: 365, hourDays: null };
  const refused = Problem.parse((await put(days)).body);
  expect(refused).toMatchObject({
    code: 'deletion_unconfirmed',
    details: { readings: 1_234, minutes: 0, hours: 0, isComplete: true },
  });
  expect((await client.request(RetentionView, { path })).rawDays).toBe(60);
  expect((await put({ ...days, acceptsDeletion: true })).status).toBe(200);
  expect((await client.request(RetentionView, { path })).rawDays).toBe(7);
});
