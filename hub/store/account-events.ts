import { sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import {
  ACCOUNT_EVENT_VERSION,
  type AccountEvent,
  type AccountEventType,
} from '#protocol/events/account-event.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { UserId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { Tx } from './schema.ts';

/** An event before it has its place in the stream of its account. */
export type AccountEventDraft = {
  [T in AccountEventType]: {
    readonly account: UserId;
    readonly type: T;
    readonly actor: Actor;
    readonly data: Extract<AccountEvent, { readonly type: T }>['data'];
  };
}[AccountEventType];

export async function appendAccountEvent(
  tx: Tx,
  draft: AccountEventDraft,
  nowMs: number,
): Promise<AccountEvent> {
  const v = ACCOUNT_EVENT_VERSION;
  const head = await tx
    .updateTable('users')
    .set({ events_rev: sql`events_rev + 1` })
    .where('id', '=', draft.account)
    .returning('events_rev')
    .executeTakeFirst();
  if (!head) throw new AppError('internal');
  const rev = head.events_rev;
  await tx
    .insertInto('account_events')
    .values({
      user_id: draft.account,
      rev,
      type: draft.type,
      v,
      at: nowMs,
      actor: JSON.stringify(draft.actor),
      data: JSON.stringify(draft.data),
    })
    .execute();
  return { ...draft, v, rev, at: toInstant(nowMs) };
}
