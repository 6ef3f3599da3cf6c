import type { Epoch } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';

export interface Outbox {
  readonly baseKey: number;
  readonly epoch: Epoch;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Settled ranges that touch `span` or stand beside it. */
export async function rangesAround(db: Db, outbox: Outbox, span: Range): Promise<Range[]> {
  const rows = await db
    .selectFrom('event_ranges')
    .select(['from_seq', 'to_seq'])
    .where('base_key', '=', outbox.baseKey)
    .where('epoch', '=', outbox.epoch)
    .where('from_seq', '<=', span.to + 1)
    .where('to_seq', '>=', span.from - 1)
    .execute();
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
    await tx
      .insertInto('event_ranges')
      .values({
        base_key: outbox.baseKey,
        epoch: outbox.epoch,
        from_seq: range.from,
        to_seq: range.to,
      })
      .onConflict((conflict) =>
        conflict.columns(['base_key', 'epoch', 'from_seq']).doUpdateSet({ to_seq: range.to }),
      )
      .execute();
  }
}
