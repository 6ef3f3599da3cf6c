import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { type LogEntryType, LogMark } from '#protocol/hub-link/base-log.ts';
import { type BaseId, type CommandId, Epoch, newId, UnitId } from '#protocol/ids.ts';
import { engineOf } from './engine/adapter.ts';
import { jsonColumnOr } from './json-column.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type { BaseLogTable } from './schema/bases.ts';

/** How many entries a base may be behind; beyond that it gets the whole state. */
const KEPT_ENTRIES = 2_000;
const TRIM_EVERY = 200;

export interface LogPosition {
  readonly seq: number;
  readonly epoch: Epoch;
  readonly mark: LogMark;
}

function newMark(): LogMark {
  return LogMark.parse(randomBytes(12).toString('base64url'));
}

interface HeadMove {
  readonly baseKey: number;
  readonly mark: LogMark;
  readonly ackedSeq: number;
}

const headMoved = prepared<HeadMove>()((db, slot) =>
  db
    .updateTable('bases')
    .set({
      log_head: sql`log_head + 1`,
      log_mark: slot('mark'),
      log_acked: engineOf(db).dialect.greatest(sql<number>`log_acked`, slot('ackedSeq')),
    })
    .where('key', '=', slot('baseKey')),
);

/**
 * A query of its own: with `returning`, SQLite sets up a temporary table for one row, which
 * takes longer than two queries.
 */
const headOf = prepared<{ readonly baseKey: number }>()((db, slot) =>
  db
    .selectFrom('bases')
    .select(['log_head', 'log_epoch', 'connection', 'is_live'])
    .where('key', '=', slot('baseKey')),
);

const insertedEntry = prepared<BaseLogTable>()((db, slot) =>
  db.insertInto('base_log').values({
    base_key: slot('base_key'),
    seq: slot('seq'),
    type: slot('type'),
    command_id: slot('command_id'),
    unit_ids: slot('unit_ids'),
    mark: slot('mark'),
  }),
);

/**
 * Adds an entry at the head of a base's log.
 *
 * @returns its place, and the connection that it is sent on at once, if there is one: from
 * this transaction on, the base may have it.
 */
export async function appendToLog(
  tx: Tx,
  baseKey: number,
  entry: {
    readonly type: LogEntryType;
    readonly commandId?: CommandId;
    readonly unitIds?: readonly UnitId[];
    /** Up to here the base is known to have its log. */
    readonly ackedSeq?: number;
  },
): Promise<LogPosition & { readonly liveOn: string | null }> {
  const mark = newMark();
  await headMoved.run(tx, { baseKey, mark, ackedSeq: entry.ackedSeq ?? 0 });
  const base = await headOf.first(tx, { baseKey });
  if (!base) throw new AppError('internal');
  await insertedEntry.run(tx, {
    base_key: baseKey,
    seq: base.log_head,
    type: entry.type,
    command_id: entry.commandId ?? null,
    unit_ids: entry.unitIds ? JSON.stringify(entry.unitIds) : null,
    mark,
  });
  if (base.log_head % TRIM_EVERY === 0) await trim(tx, baseKey, base.log_head - KEPT_ENTRIES);
  const liveOn = base.is_live === 1 ? base.connection : null;
  return { seq: base.log_head, epoch: base.log_epoch, mark, liveOn };
}

async function trim(tx: Tx, baseKey: number, upToSeq: number): Promise<void> {
  if (upToSeq <= 0) return;
  await tx
    .deleteFrom('base_log')
    .where('base_key', '=', baseKey)
    // Its mark shows whether a base at this position has this log.
    .where('seq', '<', upToSeq)
    .execute();
  await tx.updateTable('bases').set({ log_floor: upToSeq }).where('key', '=', baseKey).execute();
}

/** An entry as it is stored. Its body is made from what it refers to when it is sent. */
export interface LoggedEntry {
  readonly seq: number;
  readonly type: LogEntryType;
  /** The command that it refers to. */
  readonly commandId: CommandId | null;
  /** The units that it refers to. */
  readonly unitIds: readonly UnitId[];
  /** Null in entries that are older than marks. */
  readonly mark: LogMark | null;
}

const UnitIds = z.array(UnitId);

function loggedEntryOf(row: BaseLogTable): LoggedEntry {
  return {
    seq: row.seq,
    type: row.type,
    commandId: row.command_id,
    unitIds: row.unit_ids === null ? [] : jsonColumnOr(UnitIds, row.unit_ids, []),
    mark: row.mark,
  };
}

export interface LogState {
  readonly key: number;
  readonly epoch: Epoch;
  readonly headSeq: number;
  readonly floorSeq: number;
  readonly ackedSeq: number;
  readonly mark: LogMark | null;
  /** The connection of the base. */
  readonly connection: string | null;
}

export async function logState(db: Db, baseId: BaseId): Promise<LogState | undefined> {
  const row = await db
    .selectFrom('bases')
    .select(['key', 'log_epoch', 'log_head', 'log_floor', 'log_acked', 'log_mark', 'connection'])
    .where('id', '=', baseId)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return (
    row && {
      key: row.key,
      epoch: row.log_epoch,
      headSeq: row.log_head,
      floorSeq: row.log_floor,
      ackedSeq: row.log_acked,
      mark: row.log_mark,
      connection: row.connection,
    }
  );
}

/** How long the log of a base is, and which connection the base has. */
export async function logStatesOf(
  db: Db,
  ids: readonly BaseId[],
): Promise<
  { readonly id: BaseId; readonly headSeq: number; readonly connection: string | null }[]
> {
  return await db
    .selectFrom('bases')
    .select(['id', 'log_head as headSeq', 'connection'])
    .where('id', 'in', ids)
    .execute();
}

/** The mark of an entry; null: unknown. */
export async function markAt(db: Db, log: LogState, seq: number): Promise<LogMark | null> {
  if (seq === log.headSeq) return log.mark;
  const row = await db
    .selectFrom('base_log')
    .select('mark')
    .where('base_key', '=', log.key)
    .where('seq', '=', seq)
    .executeTakeFirst();
  return row?.mark ?? null;
}

/** Begins a new epoch of the log: what a base has of the old one no longer counts. */
export async function beginEpoch(tx: Tx, baseKey: number): Promise<void> {
  await tx.deleteFrom('base_log').where('base_key', '=', baseKey).execute();
  await tx
    .updateTable('bases')
    .set({
      log_epoch: newId(Epoch),
      log_floor: sql`log_head`,
      log_acked: 0,
      log_mark: newMark(),
    })
    .where('key', '=', baseKey)
    .execute();
}

/** Entries after `seq`, in order. */
export async function logAfter(
  db: Db,
  baseKey: number,
  from: { readonly seq: number; readonly limit: number },
): Promise<LoggedEntry[]> {
  const rows = await db
    .selectFrom('base_log')
    .selectAll()
    .where('base_key', '=', baseKey)
    .where('seq', '>', from.seq)
    .orderBy('seq')
    .limit(from.limit)
    .execute();
  return rows.map(loggedEntryOf);
}

/** Up to where the base has acknowledged the log; never goes back within an epoch. */
export async function noteAcked(tx: Tx, baseId: BaseId, seq: number): Promise<void> {
  await tx
    .updateTable('bases')
    .set({ log_acked: seq })
    .where('id', '=', baseId)
    .where('log_acked', '<', seq)
    .execute();
}
