import { sql } from 'kysely';
import { AppError } from '#protocol/errors.ts';
import {
  ACCOUNT_EVENT_VERSION,
  AccountEvent,
  type AccountEventType,
} from '#protocol/events/account-event.ts';
import { Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { UserId } from '#protocol/ids.ts';
import { Json, toInstant } from '#protocol/json.ts';
import { jsonColumnOr, readableInstant } from './json-column.ts';
import type { Db, Tx } from './schema.ts';
import type { AccountEventsTable } from './schema/events.ts';

/** An event that does not have its place in the stream of its account yet. */
export type AccountEventDraft = {
  [T in AccountEventType]: {
    readonly account: UserId;
    readonly type: T;
    readonly actor: Actor;
    readonly data: Extract<AccountEvent, { readonly type: T }>['data'];
  };
}[AccountEventType];

/** How many of an account's newest events are kept, however often somebody signs in. */
const ACCOUNT_EVENTS_KEPT = 10_000;

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
  await tx
    .deleteFrom('account_events')
    .where('user_id', '=', draft.account)
    .where('rev', '<=', rev - ACCOUNT_EVENTS_KEPT)
    .execute();
  return { ...draft, v, rev, at: toInstant(nowMs) };
}

/** The events found. */
export interface AccountEventsRead {
  readonly events: AccountEvent[];
  /** Every event down to here was searched, including unreadable ones; undefined: all were. */
  readonly end: number | undefined;
}

/** The newest events of an account, newest first, below a revision. */
export async function accountEventsBefore(
  db: Db,
  account: UserId,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<AccountEventsRead> {
  let query = db.selectFrom('account_events').selectAll().where('user_id', '=', account);
  if (before !== undefined) query = query.where('rev', '<', before);
  const rows = await query
    .orderBy('rev', 'desc')
    .limit(limit + 1)
    .execute();
  const found = rows.slice(0, limit);
  const end = rows.length > limit ? found.at(-1)?.rev : undefined;
  return { events: found.flatMap((row) => eventOf(row)), end };
}

/** An event that can no longer be read is left out; the others are not affected. */
function eventOf(row: AccountEventsTable): AccountEvent[] {
  const event = AccountEvent.safeParse({
    account: row.user_id,
    rev: row.rev,
    type: row.type,
    v: row.v,
    at: readableInstant(row.at),
    actor: jsonColumnOr(Actor, row.actor, HUB_ACTOR),
    data: jsonColumnOr(Json, row.data, null),
  });
  return event.success ? [event.data] : [];
}
