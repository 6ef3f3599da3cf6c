import { z } from 'zod';
import type { TokenScope } from '#protocol/access/roles.ts';
import { TokenView } from '#protocol/http/accounts.ts';
import { SiteId, type TokenId, type UserId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { jsonColumnOr } from './json-column.ts';
import type { Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { ApiTokensTable } from './schema/accounts.ts';

const SiteIds = z.array(SiteId);

export interface TokenRecord {
  readonly id: TokenId;
  readonly userId: UserId;
  readonly tokenHash: string;
  readonly name: string;
  readonly scope: TokenScope;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
  readonly expiresAtMs: number | null;
  /** The sites that it is for; null: all sites of its owner. If the column cannot be read, none. */
  readonly siteIds: readonly SiteId[] | null;
}

function tokenOf(row: ApiTokensTable): TokenRecord {
  return {
    id: row.id,
    userId: row.user_id,
    tokenHash: row.token_hash,
    name: row.name,
    scope: row.scope,
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
    expiresAtMs: row.expires_at,
    siteIds: row.site_ids === null ? null : jsonColumnOr(SiteIds, row.site_ids, []),
  };
}

export async function insertToken(tx: Tx, token: TokenRecord): Promise<void> {
  await tx
    .insertInto('api_tokens')
    .values({
      id: token.id,
      user_id: token.userId,
      token_hash: token.tokenHash,
      name: token.name,
      scope: token.scope,
      created_at: token.createdAtMs,
      last_used_at: token.lastUsedAtMs,
      expires_at: token.expiresAtMs,
      site_ids: token.siteIds === null ? null : JSON.stringify(token.siteIds),
    })
    .execute();
}

export async function findTokenByHash(db: Db, tokenHash: string): Promise<TokenRecord | undefined> {
  const row = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row && tokenOf(row);
}

export async function findToken(db: Db, id: TokenId): Promise<TokenRecord | undefined> {
  const row = await db.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirst();
  return row && tokenOf(row);
}

export async function tokensOf(db: Db, userId: UserId): Promise<TokenRecord[]> {
  const rows = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .limit(500)
    .execute();
  return rows.map(tokenOf);
}

export async function touchToken(tx: Tx, id: TokenId, nowMs: number): Promise<void> {
  await tx.updateTable('api_tokens').set({ last_used_at: nowMs }).where('id', '=', id).execute();
}

/** Removes a token of this user; false if there is none. */
export async function deleteToken(tx: Tx, userId: UserId, id: TokenId): Promise<boolean> {
  const result = await tx
    .deleteFrom('api_tokens')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export function tokenView(token: TokenRecord): TokenView {
  return {
    id: token.id,
    name: token.name,
    scope: token.scope,
    siteIds: token.siteIds === null ? null : [...token.siteIds],
    createdAt: toInstant(token.createdAtMs),
    lastUsedAt: token.lastUsedAtMs === null ? null : toInstant(token.lastUsedAtMs),
    expiresAt: token.expiresAtMs === null ? null : toInstant(token.expiresAtMs),
  };
}

export const TOKEN_VIEW: Reading<TokenRecord, typeof TokenView> = {
  what: 'token',
  idOf: ({ id }) => id,
  schema: TokenView,
  make: tokenView,
};
