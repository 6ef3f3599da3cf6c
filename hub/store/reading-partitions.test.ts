import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blankDatabase } from '../testing/test-database.ts';
import { startReadings, type ReadingsHub } from '../testing/readings-site.ts';
import { testEngines } from '../testing/test-store.ts';
import { openPool } from './engine/postgres/database.ts';
import { migrate, POSTGRES_MIGRATIONS } from './migrations.ts';
import {
  addReadingPartitions,
  countInDefaultPartition,
  dropReadingPartitions,
  readingPartitions,
} from './reading-partitions.ts';

const WEEK_MS = 7 * 86_400_000;
const hasPostgres = testEngines().includes('postgres');

async function values(hub: ReadingsHub): Promise<number[]> {
  const rows = await hub.store.db
    .selectFrom('readings')
    .select('value')
    .orderBy('measured_at')
    .execute();
  return rows.map(({ value }) => value);
}

const add = async (hub: ReadingsHub) =>
  await hub.store.writer.run((tx) => addReadingPartitions(tx, hub.clock.nowMs()), 'test');
const drop = async (hub: ReadingsHub, beforeMs: number) =>
  await hub.store.writer.run((tx) => dropReadingPartitions(tx, beforeMs), 'test');

describe.skipIf(!hasPostgres)('partitions of readings', () => {
  /** At a time when the first partition is over, which ends after the machine's own week. */
  async function inTwoYears() {
    const { hub, unit } = await startReadings('postgres');
    hub.clock.set(Date.now() + 730 * 86_400_000);
    return { hub, unit };
  }

  it('are there four weeks ahead, however long the hub was off', async () => {
    const { hub } = await inTwoYears();
    expect(await add(hub)).toHaveLength(6);
    expect(await add(hub)).toEqual([]);
    const partitions = await readingPartitions(hub.store.db);
    expect(partitions).toHaveLength(7);
    expect(partitions[0]?.fromMs).toBe(-Infinity);
    for (const [index, { fromMs }] of partitions.slice(1).entries()) {
      expect(fromMs).toBe(partitions[index]?.toMs);
    }
    expect((partitions.at(-1)?.toMs ?? 0) - hub.clock.nowMs()).toBeGreaterThanOrEqual(4 * WEEK_MS);
    hub.clock.advance(WEEK_MS);
    expect(await add(hub)).toHaveLength(1);
  });

  it('take what the default partition has of their time', async () => {
    const { hub, unit } = await inTwoYears();
    const nowMs = hub.clock.nowMs();
    await hub.measure(unit, [
      { seq: 1, atMs: 5, value: 1 },
      { seq: 2, atMs: nowMs, value: 2 },
    ]);
    expect(await countInDefaultPartition(hub.store.db, 10)).toBe(1);
    await hub.services.partitions.look();
    expect(await countInDefaultPartition(hub.store.db, 10)).toBe(0);
    expect(await values(hub)).toEqual([1, 2]);
    // Which it is still recognised in.
    await hub.measure(unit, [{ seq: 2, atMs: nowMs, value: 3 }]);
    expect(await values(hub)).toEqual([1, 2]);
  });

  it('are dropped as a whole, and leave a place for any time', async () => {
    const { hub, unit } = await inTwoYears();
    await add(hub);
    const [first, second, third] = await readingPartitions(hub.store.db);
    const [a, b, c] = [first?.toMs ?? 0, second?.toMs ?? 0, third?.toMs ?? 0];
    await hub.measure(unit, [
      { seq: 1, atMs: a - 1, value: 1 },
      { seq: 2, atMs: a, value: 2 },
      { seq: 3, atMs: b, value: 3 },
    ]);
    expect(await drop(hub, a - 1)).toEqual([]);
    expect(await drop(hub, c - 1)).toHaveLength(2);
    expect(await values(hub)).toEqual([3]);
    expect(await drop(hub, c - 1)).toEqual([]);
    await hub.measure(unit, [{ seq: 4, atMs: a, value: 4 }]);
    expect(await countInDefaultPartition(hub.store.db, 10)).toBe(0);
    expect(await values(hub)).toEqual([4, 3]);
  });

  it('begin with the readings of an installation that had none', async () => {
    const db = openPool({
      url: await blankDatabase(onTestFinished),
      connections: 1,
      statementTimeoutMs: 60_000,
      log: pino({ level: 'silent' }),
    });
    onTestFinished(() => db.destroy());
    const before = Object.entries(POSTGRES_MIGRATIONS).filter(([name]) => name < '0015');
    await migrate(db, Object.fromEntries(before));
    const laterMs = Date.now() + 100 * WEEK_MS;
    await sql`insert into properties (unit_key, name, value, measured_at, received_at, clock)
      values (1, 'temperature', '1', 1, 1, 'synced')`.execute(db);
    await sql`insert into readings values (1, 10, 1, 5, 5, 20.5, 0), (1, 10, 2, ${Date.now()}, 5, 1, 0),
      (1, 10, 3, ${laterMs}, 5, 2, 0)`.execute(db);
    await migrate(db);
    const rows = await sql<{ partition: string; seq: number }>`
      select tableoid::regclass::text as partition, seq from readings order by seq`.execute(db);
    expect(rows.rows).toEqual([
      { partition: 'readings_first', seq: 1 },
      { partition: 'readings_first', seq: 2 },
      { partition: 'readings_default', seq: 3 },
    ]);
    const [property] = await db.selectFrom('properties').select('rolled_up_from').execute();
    expect(property).toEqual({ rolled_up_from: 8_640_000_000_000_000 });
  });
});
