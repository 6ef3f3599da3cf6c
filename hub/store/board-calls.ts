import type { DeviceId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';

/** Answers of one board that are kept. */
const MAX_ANSWERS = 64;

export interface BoardAnswer {
  /** JSON, as the board wrote it. */
  readonly text: string;
  readonly answeredAtMs: number;
}

export async function lastBoardAnswer(
  db: Db,
  deviceId: DeviceId,
  call: string,
): Promise<BoardAnswer | undefined> {
  const row = await db
    .selectFrom('board_answers')
    .select(['answer', 'answered_at'])
    .where('device_id', '=', deviceId)
    .where('call', '=', call)
    .executeTakeFirst();
  return row && { text: row.answer, answeredAtMs: row.answered_at };
}

/** Of a device that is on record; the oldest answers make room. */
export async function putBoardAnswer(
  tx: Tx,
  { deviceId, call }: { readonly deviceId: DeviceId; readonly call: string },
  { text, answeredAtMs }: BoardAnswer,
): Promise<void> {
  const device = await tx
    .selectFrom('devices')
    .select('id')
    .where('id', '=', deviceId)
    .executeTakeFirst();
  if (!device) return;
  const values = { answer: text, answered_at: answeredAtMs };
  await tx
    .insertInto('board_answers')
    .values({ device_id: deviceId, call, ...values })
    .onConflict((conflict) => conflict.columns(['device_id', 'call']).doUpdateSet(values))
    .execute();
  const surplus = await tx
    .selectFrom('board_answers')
    .select('call')
    .where('device_id', '=', deviceId)
    .orderBy('answered_at', 'desc')
    .orderBy('call')
    .offset(MAX_ANSWERS)
    .limit(MAX_ANSWERS)
    .execute();
  if (surplus.length === 0) return;
  const calls = surplus.map((row) => row.call);
  await tx
    .deleteFrom('board_answers')
    .where('device_id', '=', deviceId)
    .where('call', 'in', calls)
    .execute();
}

/** The turn at one API of one board, among all hubs. */
export interface BoardTurn {
  readonly deviceId: DeviceId;
  readonly api: string;
  /** Who has it: one call. */
  readonly owner: string;
}

/** Whether it was free, or over. */
export async function claimBoardTurn(
  tx: Tx,
  { deviceId, api, owner }: BoardTurn,
  { nowMs, endsAtMs }: { readonly nowMs: number; readonly endsAtMs: number },
): Promise<boolean> {
  const device = await tx
    .selectFrom('devices')
    .select('id')
    .where('id', '=', deviceId)
    .executeTakeFirst();
  if (!device) return false;
  const claimed = await tx
    .insertInto('board_calls')
    .values({ device_id: deviceId, api, owner, ends_at: endsAtMs })
    .onConflict((conflict) =>
      conflict
        .columns(['device_id', 'api'])
        .doUpdateSet({ owner, ends_at: endsAtMs })
        .where('board_calls.ends_at', '<=', nowMs),
    )
    .returning('owner')
    .executeTakeFirst();
  return claimed?.owner === owner;
}

/** It is free again; or at this time, where an answer may still come. */
export async function endBoardTurn(
  tx: Tx,
  { deviceId, api, owner }: BoardTurn,
  freeAtMs: number | undefined,
): Promise<void> {
  if (freeAtMs === undefined) {
    await tx
      .deleteFrom('board_calls')
      .where('device_id', '=', deviceId)
      .where('api', '=', api)
      .where('owner', '=', owner)
      .execute();
    return;
  }
  await tx
    .updateTable('board_calls')
    .set({ ends_at: freeAtMs })
    .where('device_id', '=', deviceId)
    .where('api', '=', api)
    .where('owner', '=', owner)
    .execute();
}
