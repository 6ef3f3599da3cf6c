import type { BaseId, CommandId, SiteId } from '#protocol/ids.ts';
import { changingColumns, commandOf, type CommandRecord, rowOf } from './command-record.ts';
import { prepared } from './engine/prepared.ts';
import type { Db, Tx } from './schema.ts';
import type { CommandsTable } from './schema/commands.ts';

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

/** Commands of a unit that have not been executed yet. */
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

/** Desired values of a property that were not sent yet. */
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

/** Commands without a known end that a base reported to hold, or acknowledged in its log up to `ackedSeq`. */
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

/** The open commands of a base, in the order of its log. */
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

/** Commands that a base must hold, since it acknowledged its log up to `seq`. */
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

/**
 * Deletes commands that ended before a time, a bounded number of them, with their
 * idempotency keys.
 *
 * @returns how many it deleted
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

/** Those of the commands that have ended, or are gone. */
export async function endedAmong(db: Db, ids: readonly CommandId[]): Promise<CommandId[]> {
  const rows = await db
    .selectFrom('commands')
    .select('id')
    .where('id', 'in', ids)
    .where('ended_at', 'is', null)
    .execute();
  const open = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !open.has(id));
}
