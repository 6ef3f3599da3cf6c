import { z } from 'zod';
import { type CredentialId, type SiteId, TokenId, type UserId } from '#protocol/ids.ts';
import { jsonColumnOr } from './json-column.ts';
import type { Db, Tx } from './schema.ts';

const TokenIds = z.array(TokenId);

/** An account that the libpyiotcloud API serves. */
export interface LibpyiotcloudAccount {
  readonly userId: UserId;
  /** Where its devices are. */
  readonly siteId: SiteId;
  /** What its logins gave, the oldest first. */
  readonly tokenIds: readonly TokenId[];
}

export async function libpyiotcloudAccount(
  db: Db,
  userId: UserId,
): Promise<LibpyiotcloudAccount | undefined> {
  const row = await db
    .selectFrom('libpyiotcloud_accounts')
    .selectAll()
    .where('user_id', '=', userId)
    .executeTakeFirst();
  if (!row) return undefined;
  const tokenIds = jsonColumnOr(TokenIds, row.token_ids, []);
  return { userId, siteId: row.site_id, tokenIds };
}

export async function putLibpyiotcloudAccount(
  tx: Tx,
  { userId, siteId, tokenIds }: LibpyiotcloudAccount,
): Promise<void> {
  const values = { site_id: siteId, token_ids: JSON.stringify(tokenIds) };
  await tx
    .insertInto('libpyiotcloud_accounts')
    .values({ user_id: userId, ...values })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
    .execute();
}

export async function dropLibpyiotcloudAccount(tx: Tx, userId: UserId): Promise<void> {
  await tx.deleteFrom('libpyiotcloud_accounts').where('user_id', '=', userId).execute();
}

/** Kept until its credential is revoked. */
export async function keepCertificate(
  tx: Tx,
  credentialId: CredentialId,
  certificate: string,
): Promise<void> {
  await tx
    .insertInto('kept_certificates')
    .values({ credential_id: credentialId, certificate })
    .execute();
}

export async function certificatesOfSite(
  db: Db,
  siteId: SiteId,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('kept_certificates')
    .innerJoin('device_credentials', 'device_credentials.id', 'kept_certificates.credential_id')
    .innerJoin('devices', 'devices.id', 'device_credentials.device_id')
    .select(['devices.id', 'certificate'])
    .where('devices.site_id', '=', siteId)
    .orderBy('device_credentials.id')
    .execute();
  return new Map(rows.map(({ id, certificate }) => [id, certificate]));
}
