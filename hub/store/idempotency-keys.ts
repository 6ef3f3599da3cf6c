import type { CommandId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';

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

/** Keys are kept for a week plus the time of a long retry. */
export async function dropOldIdempotencyKeys(tx: Tx, beforeMs: number): Promise<void> {
  await tx.deleteFrom('idempotency_keys').where('created_at', '<', beforeMs).execute();
}
