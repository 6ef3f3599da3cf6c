import { sql } from 'kysely';
import type { Epoch } from '#protocol/ids.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';

export interface Outbox {
  readonly baseKey: number;
  /** The run of the base that assigned the numbers. */
  readonly epoch: Epoch;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const touching = prepared<Outbox & { readonly before: number; readonly after: number }>()(
  (db, slot) =>
    db
      .selectFrom('event_ranges')
      .select(['from_seq', 'to_seq'])
      .where('base_key', '=', slot('baseKey'))
      .where('epoch', '=', slot('epoch'))
      .where('from_seq', '<=', slot('before'))
      .where('to_seq', '>=', slot('after')),
);

const put = prepared<Outbox & Range>()((db, slot) =>
  db
    .insertInto('event_ranges')
    .values({
      base_key: slot('baseKey'),
      epoch: slot('epoch'),
      from_seq: slot('from'),
      to_seq: slot('to'),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['base_key', 'epoch', 'from_seq'])
        .doUpdateSet({ to_seq: (eb) => eb.ref('excluded.to_seq') }),
    ),
);

/** Whether an event was settled here. */
export async function hasSettled(db: Db, outbox: Outbox, seq: number): Promise<boolean> {
  const rows = await touching.rows(db, { ...outbox, before: seq, after: seq });
  return rows.length > 0;
}

const highest = prepared<Outbox>()((db, slot) =>
  db
    .selectFrom('event_ranges')
    .select('to_seq')
    .where('base_key', '=', slot('baseKey'))
    .where('epoch', '=', slot('epoch'))
    .orderBy('from_seq', 'desc')
    .limit(1),
);

/** The last settled number; 0: none. */
export async function highestSettled(db: Db, outbox: Outbox): Promise<number> {
  return (await highest.first(db, outbox))?.to_seq ?? 0;
}

/**
 * Forgets all but the newest runs of a base: ids of runs are in the order of time. If an event
 * of a forgotten run arrives again, its content is recognised (a reading, a result) or changes
 * nothing.
 */
export async function forgetOldRuns(tx: Tx, current: Outbox, kept: number): Promise<void> {
  const { baseKey, epoch } = current;
  await sql`
    delete from event_ranges
    where base_key = ${baseKey} and epoch <> ${epoch} and epoch not in (
      select distinct epoch from event_ranges where base_key = ${baseKey}
      order by epoch desc limit ${kept})`.execute(tx);
}

/** Settled ranges that overlap `span` or adjoin it. */
export async function rangesAround(db: Db, outbox: Outbox, span: Range): Promise<Range[]> {
  const rows = await touching.rows(db, {
    ...outbox,
    before: span.to + 1,
    after: span.from - 1,
  });
  return rows.map((row) => ({ from: row.from_seq, to: row.to_seq }));
}

export async function replaceRanges(
  tx: Tx,
  outbox: Outbox,
  change: { readonly old: readonly Range[]; readonly fresh: readonly Range[] },
): Promise<void> {
  const kept = new Set(change.fresh.map((range) => range.from));
  for (const range of change.old) {
    if (kept.has(range.from)) continue;
    await tx
      .deleteFrom('event_ranges')
      .where('base_key', '=', outbox.baseKey)
      .where('epoch', '=', outbox.epoch)
      .where('from_seq', '=', range.from)
      .execute();
  }
  for (const range of change.fresh) {
    await put.run(tx, { ...outbox, ...range });
  }
}
