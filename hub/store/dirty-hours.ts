import { sql } from 'kysely';
import { z } from 'zod';
import { engineOf } from './engine/adapter.ts';
import { prepared } from './engine/prepared.ts';
import type { ReadQueries, ReadTurn } from './engine/read-queries.ts';
import type { Tx } from './schema.ts';

export const HOUR_MS = 3_600_000;

export function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) * HOUR_MS;
}

/** An hour of a property, of which the roll-ups are outdated. */
export interface HourMark {
  readonly propertyKey: number;
  readonly hourMs: number;
}

const MARK_COLUMNS = { property_key: 'bigint', hour: 'bigint' } as const;

/**
 * A mark that is there is locked, so that nobody claims it before these readings can be
 * seen; one that is claimed already is free again. Neither writes anything otherwise.
 */
const hoursMarked = prepared<Readonly<Record<string, unknown>>>()((db, slot) => ({
  compile: () =>
    sql`
    insert into dirty_hours (property_key, hour)
    select property_key, hour from ${engineOf(db).dialect.list(MARK_COLUMNS, slot)} as fresh
    where true order by property_key, hour
    on conflict (property_key, hour) do update set claim = null, claimed_at = null
    where dirty_hours.claim is not null`.compile(db),
}));

/** In the transaction that stores the readings, once for all of them. */
export async function markDirtyHours(tx: Tx, marks: readonly HourMark[]): Promise<void> {
  if (marks.length === 0) return;
  const rows = new Map(
    marks.map(({ propertyKey, hourMs }) => [`${propertyKey} ${hourMs}`, [propertyKey, hourMs]]),
  );
  const { packed } = engineOf(tx).dialect;
  await hoursMarked.run(tx, packed(MARK_COLUMNS, [...rows.values()]));
}

/**
 * Claims hours that began no later than `toMs`, the earliest first. A claim that is older
 * than `staleBeforeMs` is of a hub that is gone.
 */
export async function claimDirtyHours(
  tx: Tx,
  claim: {
    readonly token: string;
    readonly nowMs: number;
    readonly staleBeforeMs: number;
    readonly toMs: number;
    readonly limit: number;
  },
): Promise<HourMark[]> {
  const { rows } = await sql<{ property_key: number; hour: number }>`
    with due as materialized (
      select property_key, hour from dirty_hours
      where hour <= ${claim.toMs} and (claim is null or claimed_at < ${claim.staleBeforeMs})
      order by hour, property_key limit ${claim.limit} ${engineOf(tx).dialect.skipLocked})
    update dirty_hours set claim = ${claim.token}, claimed_at = ${claim.nowMs}
    where (property_key, hour) in (select property_key, hour from due)
    returning property_key, hour`.execute(tx);
  return rows.map(({ property_key: propertyKey, hour }) => ({ propertyKey, hourMs: hour }));
}

/** Deletes the marks that this token still claims; the others were changed meanwhile. */
export async function settleDirtyHours(
  tx: Tx,
  token: string,
  marks: readonly HourMark[],
): Promise<HourMark[]> {
  const settled: HourMark[] = [];
  for (const mark of marks) {
    const { numDeletedRows } = await tx
      .deleteFrom('dirty_hours')
      .where('property_key', '=', mark.propertyKey)
      .where('hour', '=', mark.hourMs)
      .where('claim', '=', token)
      .executeTakeFirst();
    if (numDeletedRows > 0n) settled.push(mark);
  }
  return settled;
}

/** The hours of a range of which the roll-ups are outdated, in order, no more than `limit`. */
export async function dirtyHoursIn(
  reader: ReadQueries,
  range: {
    readonly propertyKey: number;
    readonly fromMs: number;
    readonly toMs: number;
    readonly limit: number;
  },
  turn: ReadTurn,
): Promise<number[]> {
  const rows = await reader.rows(
    z.object({ hour: z.number() }),
    sql`
    select hour from dirty_hours where property_key = ${range.propertyKey}
      and hour >= ${hourOf(range.fromMs)} and hour < ${range.toMs}
    order by hour limit ${range.limit}`,
    turn,
  );
  return rows.map(({ hour }) => hour);
}
