import { sql } from 'kysely';
import { z } from 'zod';
import { ReadingGap } from '#protocol/reading.ts';
import type { ReadQueries, ReadTurn } from './engine/read-queries.ts';
import type { Tx } from './schema.ts';

/** Gaps nearer than this are one: closer than any chart shows. */
const TOUCHING_MS = 1_000;

/** The largest count in JSON: the sum of several valid ones may exceed it. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/** Maximum per unit and reason. Beyond it the two oldest become one, which counts both. */
const MAX_KEPT = 2_000;
/** How many one report merges, if an older hub stored more. */
const MAX_JOINED = 200;
/** Maximum read for one answer, the newest first: all of them, unless an older hub stored more. */
const MAX_READ = 10_000;

/** As the table has it. */
const GapRow = z
  .object({ from_ms: z.number(), to_ms: z.number(), count: z.number(), reason: z.string() })
  .transform(({ from_ms: fromMs, to_ms: toMs, ...row }) => ({ fromMs, toMs, ...row }))
  .pipe(ReadingGap);

/** Stores a gap, merged with those of the same reason that it touches. */
export async function putGap(tx: Tx, unitKey: number, gap: ReadingGap): Promise<void> {
  const touching = await tx
    .selectFrom('reading_gaps')
    .selectAll()
    .where('unit_key', '=', unitKey)
    .where('reason', '=', gap.reason)
    .where('from_ms', '<=', gap.toMs + TOUCHING_MS)
    .where('to_ms', '>=', gap.fromMs - TOUCHING_MS)
    .execute();
  if (touching.length > 0) {
    const keys = touching.map(({ key }) => key);
    await tx.deleteFrom('reading_gaps').where('key', 'in', keys).execute();
  }
  await tx
    .insertInto('reading_gaps')
    .values({
      unit_key: unitKey,
      reason: gap.reason,
      from_ms: Math.min(gap.fromMs, ...touching.map(({ from_ms }) => from_ms)),
      to_ms: Math.max(gap.toMs, ...touching.map(({ to_ms }) => to_ms)),
      count: Math.min(
        touching.reduce((sum, { count }) => sum + count, gap.count),
        MAX_COUNT,
      ),
    })
    .execute();
  await joinOldest(tx, unitKey, gap.reason);
}

/**
 * A base may report any number of gaps: how many are stored is bounded, and their counts add
 * up.
 */
async function joinOldest(tx: Tx, unitKey: number, reason: ReadingGap['reason']): Promise<void> {
  const ofReason = tx
    .selectFrom('reading_gaps')
    .where('unit_key', '=', unitKey)
    .where('reason', '=', reason);
  const { kept } = await ofReason
    .select(({ fn }) => fn.countAll<number>().as('kept'))
    .executeTakeFirstOrThrow();
  if (kept <= MAX_KEPT) return;
  const oldest = await ofReason
    .selectAll()
    .orderBy('from_ms')
    .limit(Math.min(kept - MAX_KEPT + 1, MAX_JOINED))
    .execute();
  const [first, ...rest] = oldest;
  if (!first) return;
  const joined = rest.map(({ key }) => key);
  await tx.deleteFrom('reading_gaps').where('key', 'in', joined).execute();
  await tx
    .updateTable('reading_gaps')
    .where('key', '=', first.key)
    .set({
      to_ms: Math.max(...oldest.map(({ to_ms }) => to_ms)),
      count: Math.min(
        oldest.reduce((sum, { count }) => sum + count, 0),
        MAX_COUNT,
      ),
    })
    .execute();
}

/** Gaps that overlap a range; those of one reason that begin in the same part of it are merged. */
export async function gapsOf(
  reader: ReadQueries,
  range: {
    readonly unitKey: number;
    readonly fromMs: number;
    /** Exclusive. */
    readonly toMs: number;
    readonly parts: number;
  },
  turn: ReadTurn,
): Promise<ReadingGap[]> {
  const partMs = Math.max(1, Math.ceil((range.toMs - range.fromMs) / range.parts));
  const { least, greatest } = reader.dialect;
  const fromMs = sql<number>`cast(${range.fromMs} as bigint)`;
  // Added up as floating point, which does not overflow.
  const count = least(sql<number>`sum(count * 1.0)`, sql<number>`${MAX_COUNT}`);
  return await reader.rows(
    GapRow,
    sql`
    select min(from_ms) as from_ms, max(to_ms) as to_ms, cast(${count} as bigint) as count, reason
    from (
      select * from reading_gaps
      where unit_key = ${range.unitKey} and from_ms < ${range.toMs}
      order by from_ms desc limit ${MAX_READ}) as newest
    where to_ms >= ${range.fromMs}
    group by reason, (${greatest(sql`from_ms`, fromMs)} - ${fromMs}) / cast(${partMs} as bigint)
    order by 1`,
    turn,
  );
}
