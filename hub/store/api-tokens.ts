import { z } from 'zod';
import { TokenView } from '#protocol/http/accounts.ts';
import { SiteId, type TokenId, type UserId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { jsonColumnOr } from './json-column.ts';
import type { Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { ApiTokensTable } from './schema/accounts.ts';

const SiteIds = z.array(SiteId);

export async function insertToken(tx: Tx, token: ApiTokensTable): Promise<void> {
  await tx.insertInto('api_tokens').values(token).execute();
}

export async function findTokenByHash(
  db: Db,
  tokenHash: string,
): Promise<ApiTokensTable | undefined> {
  return await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
}

export async function tokensOf(db: Db, userId: UserId): Promise<ApiTokensTable[]> {
  return await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(500)
    .execute();
}

export async function touchToken(tx: Tx, id: TokenId, nowMs: number): Promise<void> {
  await tx.updateTable('api_tokens').set({ last_used_at: nowMs }).where('id', '=', id).execute();
}

/** Removes a token of this user; false where there is none. */
export async function deleteToken(tx: Tx, userId: UserId, id: TokenId): Promise<boolean> {
  const result = await tx
    .deleteFrom('api_tokens')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** The sites that a token is for; null: all of its person. What cannot be read stands for none. */
export function siteIdsOf({ site_ids }: Pick<ApiTokensTable, 'site_ids'>): SiteId[] | null {
  return site_ids === null ? null : jsonColumnOr(SiteIds, site_ids, []);
}

export function tokenView(token: ApiTokensTable): TokenView {
  return {
    id: token.id,
    name: token.name,
    scope: token.scope,
    siteIds: siteIdsOf(token),
    createdAt: toInstant(token.created_at),
    lastUsedAt: token.last_used_at === null ? null : toInstant(token.last_used_at),
    expiresAt: token.expires_at === null ? null : toInstant(token.expires_at),
  };
}

export const TOKEN_VIEW: Reading<ApiTokensTable, typeof TokenView> = {
  what: 'token',
  idOf: ({ id }) => id,
  schema: TokenView,
  make: tokenView,
};
