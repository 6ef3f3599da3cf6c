import { sql } from 'kysely';
import { z } from 'zod';
import type { RetentionDays } from '#protocol/retention.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { ReadQueries, ReadTurn } from './engine/read-queries.ts';
import type { RollUp } from './reading-rollups.ts';
import type { Db, Tx } from './schema.ts';

/** From when on they are there; nothing from before is read any more, and it is removed. */
export interface RetentionFloors {
  readonly rawMs: number;
  readonly minuteMs: number;
  readonly hourMs: number;
}

export interface Retention {
  readonly days: RetentionDays;
  readonly floors: RetentionFloors;
}

const COLUMNS = [
  ...(['raw_days', 'minute_days', 'hour_days'] as const),
  ...(['raw_floor', 'minute_floor', 'hour_floor'] as const),
];

export async function retentionOf(db: Db, siteId: SiteId): Promise<Retention | undefined> {
  const row = await db
    .selectFrom('sites')
    .select(COLUMNS)
    .where('id', '=', siteId)
    .executeTakeFirst();
  return (
    row && {
      days: { rawDays: row.raw_days, minuteDays: row.minute_days, hourDays: row.hour_days },
      floors: { rawMs: row.raw_floor, minuteMs: row.minute_floor, hourMs: row.hour_floor },
    }
  );
}

export async function putRetention(tx: Tx, siteId: SiteId, days: RetentionDays): Promise<void> {
  await tx
    .updateTable('sites')
    .set({ raw_days: days.rawDays, minute_days: days.minuteDays, hour_days: days.hourDays })
    .where('id', '=', siteId)
    .execute();
}

/** A floor is never lowered: what it hides may be gone. */
export async function raiseFloors(
  tx: Tx,
  siteId: SiteId,
  { rawMs, minuteMs, hourMs }: RetentionFloors,
): Promise<void> {
  const raised = (column: 'raw_floor' | 'minute_floor' | 'hour_floor', ms: number) =>
    sql<number>`case when ${sql.ref(column)} < ${ms} then ${ms} else ${sql.ref(column)} end`;
  await tx
    .updateTable('sites')
    .set({
      raw_floor: raised('raw_floor', rawMs),
      minute_floor: raised('minute_floor', minuteMs),
      hour_floor: raised('hour_floor', hourMs),
    })
    .where('id', '=', siteId)
    .execute();
}

export async function sitesWithRetention(db: Db): Promise<SiteId[]> {
  const rows = await db
    .selectFrom('sites')
    .select('id')
    .where((where) =>
      where.or([
        where('raw_days', 'is not', null),
        where('minute_days', 'is not', null),
        where('hour_days', 'is not', null),
      ]),
    )
    .execute();
  return rows.map(({ id }) => id);
}

const OF_SITE = sql`select properties.key from properties
  join units on units.key = properties.unit_key where units.site_id =`;

/** Whether all readings of a site from before a time are in the roll-ups. */
export async function isRolledUpBefore(db: Db, siteId: SiteId, beforeMs: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from dirty_hours where hour < ${beforeMs} and property_key in (${OF_SITE} ${siteId})
    union all
    select 1 from properties where rolled_up_from > 0 and key in (${OF_SITE} ${siteId})
    limit 1`.execute(db);
  return rows.length === 0;
}

export async function propertyKeysOf(db: Db, siteId: SiteId): Promise<number[]> {
  const { rows } = await sql<{ key: number }>`${OF_SITE} ${siteId}`.execute(db);
  return rows.map(({ key }) => key);
}

/** The first time from which no site lets readings go: partitions that end before are of no use. */
export async function lowestRawFloor(db: Db): Promise<number> {
  const { floor } = await db
    .selectFrom('sites')
    .select(({ fn }) => fn.min<number | null>('raw_floor').as('floor'))
    .executeTakeFirstOrThrow();
  return floor ?? 0;
}

/** Removes readings of a property from before a time, a bounded number; answers how many. */
export async function dropReadingsBefore(
  tx: Tx,
  { propertyKey, beforeMs, limit }: { propertyKey: number; beforeMs: number; limit: number },
): Promise<number> {
  const result = await sql`
    delete from readings where property_key = ${propertyKey} and measured_at < ${beforeMs}
      and (boot, seq) in (
        select boot, seq from readings
        where property_key = ${propertyKey} and measured_at < ${beforeMs}
        order by measured_at limit ${limit})`.execute(tx);
  return Number(result.numAffectedRows ?? 0n);
}

/** The same of a roll-up. */
export async function dropRollUpsBefore(
  tx: Tx,
  table: RollUp,
  { propertyKey, beforeMs, limit }: { propertyKey: number; beforeMs: number; limit: number },
): Promise<number> {
  const result = await sql`
    delete from ${sql.raw(table)} where property_key = ${propertyKey} and at in (
      select at from ${sql.raw(table)}
      where property_key = ${propertyKey} and at < ${beforeMs}
      order by at limit ${limit})`.execute(tx);
  return Number(result.numAffectedRows ?? 0n);
}

/** Readings, minutes and hours that are there now and would be removed. */
export interface Expired {
  readonly readings: number;
  readonly minutes: number;
  readonly hours: number;
}

/** Counted by the roll-ups, which have every reading that is in them. */
export async function countExpired(
  reader: ReadQueries,
  site: { readonly id: SiteId; readonly from: RetentionFloors; readonly to: RetentionFloors },
  turn: ReadTurn,
): Promise<Expired> {
  const { id, from, to } = site;
  const of = sql`property_key in (${OF_SITE} ${id})`;
  const [row] = await reader.rows(
    z.object({ readings: z.number(), minutes: z.number(), hours: z.number() }),
    sql`
    select
      (select coalesce(sum(count), 0) from reading_hours
        where ${of} and at >= ${from.rawMs} and at < ${to.rawMs}) as readings,
      (select count(*) from reading_minutes
        where ${of} and at >= ${from.minuteMs} and at < ${to.minuteMs}) as minutes,
      (select count(*) from reading_hours
        where ${of} and at >= ${from.hourMs} and at < ${to.hourMs}) as hours`,
    turn,
  );
  return row ?? { readings: 0, minutes: 0, hours: 0 };
}
