import { z } from 'zod';
import { TokenScope } from '../access/roles.ts';
import { SessionId, SiteId, TokenId, UserId } from '../ids.ts';
import { Instant } from '../json.ts';
import { Actor } from './actor.ts';

const session = { sessionId: SessionId };
const token = { tokenId: TokenId, name: z.string() };

const envelope = { account: UserId, rev: z.int().positive(), at: Instant, actor: Actor };

function event<T extends string, D extends z.ZodType>(type: T, v: number, data: D) {
  return z.object({ ...envelope, type: z.literal(type), v: z.literal(v), data });
}

/** The events of an account by type; `rev` counts by one in each account. */
export const AccountEvent = z.discriminatedUnion('type', [
  event('account.created', 1, z.object({ name: z.string() })),
  event('account.signed_in', 1, z.object({ ...session, userAgent: z.string() })),
  event('account.reauthenticated', 1, z.object(session)),
  event('account.password_changed', 1, z.object({ sessionsEnded: z.int().nonnegative() })),
  event('session.ended', 1, z.object(session)),
  event(
    'token.created',
    1,
    z.object({
      ...token,
      scope: TokenScope,
      /** null: all sites of the account. */
      siteIds: z.array(SiteId).nullable(),
      expiresAt: Instant.nullable(),
    }),
  ),
  event('token.removed', 1, z.object(token)),
]);
export type AccountEvent = z.infer<typeof AccountEvent>;
export type AccountEventType = AccountEvent['type'];

/** The version in which data is written now; all types have the same. */
export const ACCOUNT_EVENT_VERSION = 1;
