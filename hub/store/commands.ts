import type { CommandState } from '#protocol/command/command-state.ts';
import {
  Command,
  type IssuedCommand,
  type Operation,
  type TraceStep,
  type Verb,
} from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { prepared } from './engine/prepared.ts';
import type { Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { CommandsTable } from './schema/commands.ts';
import { StoredJson } from './stored-json.ts';
import { traceFromColumn, traceToColumn } from './trace-column.ts';

export interface CommandRecord {
  readonly id: CommandId;
  readonly unitKey: number;
  readonly unitId: UnitId;
  /** The base that carries it; null: none does. */
  readonly baseId: BaseId | null;
  readonly siteId: SiteId;
  readonly verb: Verb;
  readonly operation: Operation;
  readonly affordance: string;
  readonly input: StoredJson | null;
  readonly transitionMs: number | null;
  /** Its place in the log of its base. */
  readonly seq: number | null;
  readonly state: CommandState;
  readonly code: ErrorCode | null;
  readonly output: StoredJson | null;
  readonly duplicate: boolean | null;
  readonly issuedBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  /** When the sweeper has to look at it next. */
  readonly dueAtMs: number | null;
  readonly endedAtMs: number | null;
  /** When somebody wanted it back that its base may hold. */
  readonly cancelRequestedAtMs: number | null;
  /** When the hub learned that the base has it; null: nothing says so. */
  readonly heldAtMs: number | null;
  /** Names the request, so that a repeat is told from a conflict. */
  readonly requestHash: string;
  /** The steps so far; none where they cannot be read, so that the command goes on all the same. */
  readonly trace: readonly TraceStep[];
}

function commandOf(row: CommandsTable): CommandRecord {
  let trace: readonly TraceStep[] | undefined;
  return {
    id: row.id,
    unitKey: row.unit_key,
    unitId: row.unit_id,
    baseId: row.base_id,
    siteId: row.site_id,
    verb: row.verb,
    operation: row.operation,
    affordance: row.affordance,
    input: StoredJson.fromColumn(row.input),
    transitionMs: row.transition_ms,
    seq: row.seq,
    state: row.state,
    code: row.code,
    output: StoredJson.fromColumn(row.output),
    duplicate: row.duplicate === null ? null : row.duplicate === 1,
    issuedBy: row.issued_by,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    dueAtMs: row.due_at,
    endedAtMs: row.ended_at,
    cancelRequestedAtMs: row.cancel_requested_at,
    heldAtMs: row.held_at,
    requestHash: row.request_hash,
    // Parsed when they are wanted, and once: a page of commands shows none.
    get trace() {
      trace ??= traceFromColumn(row.trace);
      return trace;
    },
  };
}

/** What a transition changes. */
function changingColumns(command: CommandRecord) {
  return {
    id: command.id,
    seq: command.seq,
    state: command.state,
    code: command.code,
    output: command.output === null ? null : command.output.toColumn(),
    duplicate: command.duplicate === null ? null : Number(command.duplicate),
    due_at: command.dueAtMs,
    ended_at: command.endedAtMs,
    cancel_requested_at: command.cancelRequestedAtMs,
    held_at: command.heldAtMs,
    trace: traceToColumn(command.trace),
  };
}

function rowOf(command: CommandRecord): CommandsTable {
  return {
    ...changingColumns(command),
    unit_key: command.unitKey,
    unit_id: command.unitId,
    base_id: command.baseId,
    site_id: command.siteId,
    verb: command.verb,
    operation: command.operation,
    affordance: command.affordance,
    input: command.input === null ? null : command.input.toColumn(),
    transition_ms: command.transitionMs,
    issued_by: command.issuedBy,
    created_at: command.createdAtMs,
    expires_at: command.expiresAtMs,
    request_hash: command.requestHash,
  };
}

export function commandView(command: CommandRecord): Command {
  return {
    ...issuedCommand(command),
    siteId: command.siteId,
    baseId: command.baseId,
    seq: command.seq,
    state: command.state,
    ...(command.code === null ? {} : { code: command.code }),
    ...(command.output === null ? {} : { output: command.output.value }),
    ...(command.duplicate === null ? {} : { duplicate: command.duplicate }),
    issuedBy: command.issuedBy,
    endedAt: command.endedAtMs === null ? null : toInstant(command.endedAtMs),
  };
}

export const COMMAND_VIEW: Reading<CommandRecord, typeof Command> = {
  what: 'command',
  idOf: ({ id }) => id,
  schema: Command,
  make: commandView,
};

export function issuedCommand(command: CommandRecord): IssuedCommand {
  return {
    id: command.id,
    unitId: command.unitId,
    verb: command.verb,
    operation: command.operation,
    affordance: command.affordance,
    ...(command.input === null ? {} : { input: command.input.value }),
    ...(command.transitionMs === null ? {} : { transitionMs: command.transitionMs }),
    createdAt: toInstant(command.createdAtMs),
    expiresAt: command.expiresAtMs === null ? null : toInstant(command.expiresAtMs),
  };
}

const insertedCommand = prepared<CommandsTable>()((db, slot) =>
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

export async function insertCommand(tx: Tx, command: CommandRecord): Promise<void> {
  await insertedCommand.run(tx, rowOf(command));
}

const savedCommand = prepared<ReturnType<typeof changingColumns>>()((db, slot) =>
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
export async function saveCommand(tx: Tx, command: CommandRecord): Promise<void> {
  await savedCommand.run(tx, changingColumns(command));
}

const commandById = prepared<{ readonly id: CommandId }>()((db, slot) =>
  db.selectFrom('commands').selectAll().where('id', '=', slot('id')),
);

export async function findCommand(db: Db, id: CommandId): Promise<CommandRecord | undefined> {
  const row = await commandById.first(db, { id });
  return row && commandOf(row);
}

export async function findCommands(db: Db, ids: readonly CommandId[]): Promise<CommandRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('commands').selectAll().where('id', 'in', ids).execute();
  return rows.map(commandOf);
}

/** Newest first. */
export async function commandsOfUnit(
  db: Db,
  unitKey: number,
  page: { readonly limit: number; readonly before?: CommandId | undefined },
): Promise<CommandRecord[]> {
  let query = db.selectFrom('commands').selectAll().where('unit_key', '=', unitKey);
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  const rows = await query.orderBy('id', 'desc').limit(page.limit).execute();
  return rows.map(commandOf);
}

export async function commandsOfSite(
  db: Db,
  siteId: SiteId,
  limit: number,
): Promise<CommandRecord[]> {
  const rows = await db
    .selectFrom('commands')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(commandOf);
}

const waitingOfUnit = prepared<{ readonly unitKey: number }>()((db, slot) =>
  db
    .selectFrom('commands')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('unit_key', '=', slot('unitKey'))
    .where('ended_at', 'is', null)
    .where('state', '!=', 'timed_out'),
);

/** Commands of a unit that still wait to be carried out. */
export async function countWaiting(db: Db, unitKey: number): Promise<number> {
  return (await waitingOfUnit.first(db, { unitKey }))?.count ?? 0;
}

export async function openCommandIds(
  db: Db,
  of: { readonly baseId: BaseId } | { readonly unitKey: number },
): Promise<CommandId[]> {
  const open = db.selectFrom('commands').select('id').where('ended_at', 'is', null);
  const query =
    'baseId' in of
      ? open.where('base_id', '=', of.baseId)
      : open.where('unit_key', '=', of.unitKey);
  const rows = await query.execute();
  return rows.map((row) => row.id);
}

/** Wishes for a property that were not sent yet. */
export async function queuedSets(
  db: Db,
  unit: { readonly key: number },
  affordance: string,
): Promise<CommandRecord[]> {
  const rows = await db
    .selectFrom('commands')
    .selectAll()
    .where('unit_key', '=', unit.key)
    .where('ended_at', 'is', null)
    .where('state', '=', 'queued')
    .where('verb', '=', 'set')
    .where('affordance', '=', affordance)
    .execute();
  return rows.map(commandOf);
}

/** Commands that a base said it holds, up to `ackedSeq` in its log among them, and of which no end is known. */
export async function heldCommands(
  db: Db,
  baseId: BaseId,
  ackedSeq: number,
): Promise<CommandRecord[]> {
  const rows = await db
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
  return rows.map(commandOf);
}

/** Commands of a base that have not ended, in the order of its log. */
export async function openCommands(
  db: Db,
  baseId: BaseId,
  range: { readonly afterSeq: number; readonly toSeq: number; readonly limit: number },
): Promise<CommandRecord[]> {
  const rows = await db
    .selectFrom('commands')
    .selectAll()
    .where('base_id', '=', baseId)
    .where('ended_at', 'is', null)
    .where('seq', '>', range.afterSeq)
    .where('seq', '<=', range.toSeq)
    .orderBy('seq')
    .limit(range.limit)
    .execute();
  return rows.map(commandOf);
}

/** Commands that a base must hold, having said that it holds its log up to `seq`. */
export async function unconfirmedUpTo(
  db: Db,
  baseId: BaseId,
  seq: number,
): Promise<CommandRecord[]> {
  const rows = await db
    .selectFrom('commands')
    .selectAll()
    .where('base_id', '=', baseId)
    .where('ended_at', 'is', null)
    .where('state', 'in', ['queued', 'dispatched'])
    .where('seq', '<=', seq)
    .execute();
  return rows.map(commandOf);
}

export async function dueCommands(db: Db, nowMs: number, limit: number): Promise<CommandRecord[]> {
  const rows = await db
    .selectFrom('commands')
    .selectAll()
    .where('due_at', '<=', nowMs)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  return rows.map(commandOf);
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
