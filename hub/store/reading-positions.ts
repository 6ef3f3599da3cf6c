import { sql } from 'kysely';
import { z } from 'zod';
import type { Epoch, SiteId, UnitId } from '#protocol/ids.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import { engineOf, listOf } from './engine/adapter.ts';
import { fromJsonColumn } from './json-column.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type { ReadingPositionsTable } from './schema/units.ts';

/** Readings of a property and a boot that one transaction stored. */
export interface PositionedReadings {
  readonly propertyKey: number;
  readonly boot: number;
  readonly seqs: readonly number[];
}

/** One that is still stored, with the position that it was stored at. */
export interface PositionedReading {
  readonly position: number;
  readonly unitId: UnitId;
  readonly property: string;
  readonly boot: number;
  readonly seq: number;
  readonly measuredAtMs: number;
  readonly receivedAtMs: number;
  readonly clock: ClockQuality;
  readonly value: number;
}

const inserted = prepared<ReadingPositionsTable>()((db, slot) =>
  db.insertInto('reading_positions').values({
    site_id: slot('site_id'),
    position: slot('position'),
    at: slot('at'),
    readings: slot('readings'),
  }),
);

/** Notes once for a transaction which readings of a site it stored. */
export async function insertReadingPosition(
  tx: Tx,
  at: { readonly site: SiteId; readonly position: number; readonly nowMs: number },
  stored: readonly PositionedReadings[],
): Promise<void> {
  if (stored.length === 0) return;
  const readings = stored.map(({ propertyKey, boot, seqs }) => [propertyKey, boot, ...seqs]);
  await inserted.run(tx, {
    site_id: at.site,
    position: at.position,
    at: at.nowMs,
    readings: JSON.stringify(readings),
  });
}

/** Where the readings of a site are, and from where on they can be read in their order. */
export async function readingsHead(
  db: Db,
  site: SiteId,
): Promise<
  | {
      readonly epoch: Epoch;
      readonly rev: number;
      readonly readings: number;
      readonly floor: number;
    }
  | undefined
> {
  const row = await db
    .selectFrom('sites')
    .select(['epoch', 'rev', 'readings_rev', 'readings_floor'])
    .where('id', '=', site)
    .executeTakeFirst();
  return (
    row && { epoch: row.epoch, rev: row.rev, readings: row.readings_rev, floor: row.readings_floor }
  );
}

const Noted = z.array(z.tuple([z.int(), z.int()]).rest(z.int()));

const KEYS = { at: 'bigint', property_key: 'bigint', boot: 'bigint', seq: 'bigint' } as const;
const CLOCKS: readonly ClockQuality[] = ['synced', 'free-running', 'none'];

/**
 * Readings of a site behind a position, in the order in which they were stored.
 *
 * @param range at least `limit` readings, if there are as many: a position is not divided.
 */
export async function readingsAfter(
  db: Db,
  site: SiteId,
  range: { readonly after: number; readonly upTo: number; readonly limit: number },
): Promise<{ readonly readings: readonly PositionedReading[]; readonly end: number | undefined }> {
  const rows = await db
    .selectFrom('reading_positions')
    .select(['position', 'readings'])
    .where('site_id', '=', site)
    .where('position', '>', range.after)
    .where('position', '<=', range.upTo)
    .orderBy('position')
    .limit(range.limit)
    .execute();
  const keys: number[][] = [];
  let end: number | undefined;
  for (const { position, readings } of rows) {
    if (keys.length >= range.limit) break;
    for (const [key, boot, ...seqs] of fromJsonColumn(Noted, readings)) {
      keys.push(...seqs.map((seq) => [position, key, boot, seq]));
    }
    end = position;
  }
  const isMore = rows.length === range.limit || end !== rows.at(-1)?.position;
  return { readings: await stillStored(db, keys), end: isMore ? end : undefined };
}

async function stillStored(db: Db, keys: readonly number[][]): Promise<PositionedReading[]> {
  if (keys.length === 0) return [];
  const wanted = listOf(engineOf(db).dialect, KEYS, keys);
  const { rows } = await sql<{
    at: number;
    unit_id: UnitId;
    name: string;
    boot: number;
    seq: number;
    measured_at: number;
    received_at: number;
    clock: number;
    value: number;
  }>`
    select wanted.at, units.id as unit_id, properties.name, readings.boot, readings.seq,
      readings.measured_at, readings.received_at, readings.clock, readings.value
    from ${wanted} as wanted
    join readings on readings.property_key = wanted.property_key
      and readings.boot = wanted.boot and readings.seq = wanted.seq
    join properties on properties.key = readings.property_key
    join units on units.key = properties.unit_key
    order by wanted.place`.execute(db);
  return rows.flatMap((row) => {
    // What JSON cannot carry may stand in a damaged file.
    if (!Number.isFinite(row.value)) return [];
    return {
      position: row.at,
      unitId: row.unit_id,
      property: row.name,
      boot: row.boot,
      seq: row.seq,
      measuredAtMs: row.measured_at,
      receivedAtMs: row.received_at,
      clock: CLOCKS[row.clock] ?? 'none',
      value: row.value,
    };
  });
}

/**
 * Forgets one piece of the order of a site's readings, and raises its floor; the readings stay.
 *
 * @returns whether there may be more
 */
export async function dropOldReadingPositions(
  tx: Tx,
  site: SiteId,
  bounds: { readonly beforeMs: number; readonly kept: number; readonly limit: number },
): Promise<boolean> {
  const head = await readingsHead(tx, site);
  if (!head) return false;
  const upTo = head.readings - bounds.kept;
  const oldest = await tx
    .selectFrom('reading_positions')
    .select(['position', 'at'])
    .where('site_id', '=', site)
    .orderBy('position')
    .limit(bounds.limit)
    .execute();
  const end = oldest.findIndex(({ position, at }) => position > upTo && at >= bounds.beforeMs);
  const old = end === -1 ? oldest : oldest.slice(0, end);
  const floor = old.at(-1)?.position;
  if (floor === undefined) return false;
  await tx
    .deleteFrom('reading_positions')
    .where('site_id', '=', site)
    .where('position', '<=', floor)
    .execute();
  await tx.updateTable('sites').set({ readings_floor: floor }).where('id', '=', site).execute();
  return old.length === bounds.limit;
}
