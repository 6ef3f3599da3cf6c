import { z } from 'zod';
import { Command, type IssuedCommand, TraceStep } from '#protocol/command/command.ts';
import type { BaseId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';
import { Json, toInstant } from '#protocol/json.ts';
import { fromJsonColumn, jsonColumnOr } from './json-column.ts';
import { prepared } from './prepared.ts';
import type { Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { CommandsTable } from './schema/commands.ts';

export type CommandRow = CommandsTable;

const Trace = z.array(TraceStep);

/** The steps so far; none where they cannot be read, so that the command goes on all the same. */
export function traceOf(row: Pick<CommandRow, 'trace'>): TraceStep[] {
  return jsonColumnOr(Trace, row.trace, []);
}

export function commandView(row: CommandRow): Command {
  return {
    id: row.id,
    siteId: row.site_id,
    baseId: row.base_id,
    unitId: row.unit_id,
    verb: row.verb,
    operation: row.operation,
    affordance: row.affordance,
    ...(row.input === null ? {} : { input: fromJsonColumn(Json, row.input) }),
    ...(row.transition_ms === null ? {} : { transitionMs: row.transition_ms }),
    seq: row.seq,
    state: row.state,
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.output === null ? {} : { output: fromJsonColumn(Json, row.output) }),
    ...(row.duplicate === null ? {} : { duplicate: row.duplicate === 1 }),
    issuedBy: row.issued_by,
    createdAt: toInstant(row.created_at),
    expiresAt: row.expires_at === null ? null : toInstant(row.expires_at),
    endedAt: row.ended_at === null ? null : toInstant(row.ended_at),
  };
}

export const COMMAND_VIEW: Reading<CommandRow, typeof Command> = {
  what: 'command',
  idOf: ({ id }) => id,
  schema: Command,
  make: commandView,
};

export function issuedCommand(row: CommandRow): IssuedCommand {
  return {
    id: row.id,
    unitId: row.unit_id,
    verb: row.verb,
    operation: row.operation,
    affordance: row.affordance,
    ...(row.input === null ? {} : { input: fromJsonColumn(Json, row.input) }),
    ...(row.transition_ms === null ? {} : { transitionMs: row.transition_ms }),
    createdAt: toInstant(row.created_at),
    expiresAt: row.expires_at === null ? null : toInstant(row.expires_at),
  };
}

const insertedCommand = prepared<CommandRow>()((db, slot) =>
  db.insertInto('commands').values({
    id: slot('id'),
    unit_key: slot('unit_key'),
    unit_id: slot('unit_id'),
    base_id: slot('base_id'),
    site_id: slot('site_id'),
    verb: slot('verb'),
    operation: slot('operation'),
    affordance: slot('affordance'),
    input: slot('input'),
    transition_ms: slot('transition_ms'),
    seq: slot('seq'),
    state: slot('state'),
    code: slot('code'),
    output: slot('output'),
    duplicate: slot('duplicate'),
    issued_by: slot('issued_by'),
    created_at: slot('created_at'),
    expires_at: slot('expires_at'),
    due_at: slot('due_at'),
    ended_at: slot('ended_at'),
    cancel_requested_at: slot('cancel_requested_at'),
    held_at: slot('held_at'),
    request_hash: slot('request_hash'),
    trace: slot('trace'),
  }),
);

export async function insertCommand(tx: Tx, row: CommandRow): Promise<void> {
  await insertedCommand.run(tx, row);
}

const savedCommand = prepared<CommandRow>()((db, slot) =>
  db
    .updateTable('commands')
    .set({
      seq: slot('seq'),
      state: slot('state'),
      code: slot('code'),
      output: slot('output'),
      duplicate: slot('duplicate'),
      due_at: slot('due_at'),
      ended_at: slot('ended_at'),
      cancel_requested_at: slot('cancel_requested_at'),
      held_at: slot('held_at'),
      trace: slot('trace'),
    })
    .where('id', '=', slot('id')),
);

/** Writes what a transition changes. */
export async function saveCommand(tx: Tx, row: CommandRow): Promise<void> {
  await savedCommand.run(tx, row);
}

const commandById = prepared<{ readonly id: CommandId }>()((db, slot) =>
  db.selectFrom('commands').selectAll().where('id', '=', slot('id')),
);

export async function findCommand(db: Db, id: CommandId): Promise<CommandRow | undefined> {
  return await commandById.first(db, { id });
}

export async function findCommands(db: Db, ids: readonly CommandId[]): Promise<CommandRow[]> {
  if (ids.length === 0) return [];
  return await db.selectFrom('commands').selectAll().where('id', 'in', ids).execute();
}

/** Newest first. */
export async function commandsOfUnit(
  db: Db,
  unitKey: number,
  page: { readonly limit: number; readonly before?: CommandId | undefined },
): Promise<CommandRow[]> {
  let query = db.selectFrom('commands').selectAll().where('unit_key', '=', unitKey);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return await query.orderBy('id', 'desc').limit(page.limit).execute();
}

export async function commandsOfSite(db: Db, siteId: SiteId, limit: number): Promise<CommandRow[]> {
  return await db
    .selectFrom('commands')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

const waitingOfUnit = prepared<{ readonly baseId: BaseId; readonly unitKey: number }>()(
  (db, slot) =>
    db
      .selectFrom('commands')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('base_id', '=', slot('baseId'))
      .where('unit_key', '=', slot('unitKey'))
      .where('ended_at', 'is', null)
      .where('state', '!=', 'timed_out'),
);

/** Commands of a unit that still wait to be carried out. */
export async function countWaiting(db: Db, baseId: BaseId, unitKey: number): Promise<number> {
  return (await waitingOfUnit.first(db, { baseId, unitKey }))?.count ?? 0;
}

export async function openCommandIds(
  db: Db,
  baseId: BaseId,
  unitKey?: number,
): Promise<CommandId[]> {
  const ofBase = db
    .selectFrom('commands')
    .select('id')
    .where('base_id', '=', baseId)
    .where('ended_at', 'is', null);
  const query = unitKey === undefined ? ofBase : ofBase.where('unit_key', '=', unitKey);
  const rows = await query.execute();
  return rows.map((row) => row.id);
}

/** Wishes for a property that were not sent yet. */
export async function queuedSets(
  db: Db,
  unit: { readonly id: UnitId; readonly baseId: BaseId; readonly key: number },
  affordance: string,
): Promise<CommandRow[]> {
  return await db
    .selectFrom('commands')
    .selectAll()
    .where('base_id', '=', unit.baseId)
    .where('unit_key', '=', unit.key)
    .where('ended_at', 'is', null)
    .where('state', '=', 'queued')
    .where('verb', '=', 'set')
    .where('affordance', '=', affordance)
    .execute();
}

/** Commands that a base said it holds, up to `ackedSeq` in its log among them, and of which no end is known. */
export async function heldCommands(
  db: Db,
  baseId: BaseId,
  ackedSeq: number,
): Promise<CommandRow[]> {
  return await db
    .selectFrom('commands')
    .selectAll()
    .where('base_id', '=', baseId)
    .where('ended_at', 'is', null)
    .where((row) =>
      row.or([
        row('state', 'in', ['received', 'running', 'timed_out']),
        row.and([row('state', '=', 'dispatched'), row('seq', '<=', ackedSeq)]),
      ]),
    )
    .execute();
}

/** Commands of a base that have not ended, in the order of its log. */
export async function openCommands(
  db: Db,
  baseId: BaseId,
  range: { readonly afterSeq: number; readonly toSeq: number; readonly limit: number },
): Promise<CommandRow[]> {
  return await db
    .selectFrom('commands')
    .selectAll()
    .where('base_id', '=', baseId)
    .where('ended_at', 'is', null)
    .where('seq', '>', range.afterSeq)
    .where('seq', '<=', range.toSeq)
    .orderBy('seq')
    .limit(range.limit)
    .execute();
}

/** Commands that a base must hold, having said that it holds its log up to `seq`. */
export async function unconfirmedUpTo(db: Db, baseId: BaseId, seq: number): Promise<CommandRow[]> {
  return await db
    .selectFrom('commands')
    .selectAll()
    .where('base_id', '=', baseId)
    .where('ended_at', 'is', null)
    .where('state', 'in', ['queued', 'dispatched'])
    .where('seq', '<=', seq)
    .execute();
}

export async function dueCommands(db: Db, nowMs: number, limit: number): Promise<CommandRow[]> {
  return await db
    .selectFrom('commands')
    .selectAll()
    .where('due_at', '<=', nowMs)
    .orderBy('due_at')
    .limit(limit)
    .execute();
}

export async function nextDueAt(db: Db): Promise<number | undefined> {
  const row = await db
    .selectFrom('commands')
    .select('due_at')
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst();
  return row?.due_at ?? undefined;
}

export async function commandOfKey(
  db: Db,
  caller: string,
  keyHash: string,
): Promise<CommandId | undefined> {
  const row = await db
    .selectFrom('idempotency_keys')
    .select('command_id')
    .where('caller', '=', caller)
    .where('key_hash', '=', keyHash)
    .executeTakeFirst();
  return row?.command_id;
}

export async function putIdempotencyKey(
  tx: Tx,
  key: {
    readonly caller: string;
    readonly keyHash: string;
    readonly commandId: CommandId;
    readonly nowMs: number;
  },
): Promise<void> {
  await tx
    .insertInto('idempotency_keys')
    .values({
      caller: key.caller,
      key_hash: key.keyHash,
      command_id: key.commandId,
      created_at: key.nowMs,
    })
    .execute();
}

/** Keys are kept a week and the time of a long retry. */
export async function dropOldIdempotencyKeys(tx: Tx, beforeMs: number): Promise<void> {
  await tx.deleteFrom('idempotency_keys').where('created_at', '<', beforeMs).execute();
}

/**
 * Takes away commands that ended before a time, a bounded number, with their
 * idempotency keys; answers how many.
 */
export async function dropOldCommands(
  tx: Tx,
  old: { readonly beforeMs: number; readonly limit: number },
): Promise<number> {
  const rows = await tx
    .selectFrom('commands')
    .select('id')
    .where('ended_at', '<', old.beforeMs)
    .orderBy('ended_at')
    .limit(old.limit)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  await tx.deleteFrom('idempotency_keys').where('command_id', 'in', ids).execute();
  await tx.deleteFrom('commands').where('id', 'in', ids).execute();
  return ids.length;
}
