import type {
  BaseId,
  CredentialId,
  DeviceId,
  SessionId,
  SiteId,
  TokenId,
  UserId,
} from '#protocol/ids.ts';
import type { Db } from './schema.ts';

/** Those of the sessions that are open at this time. */
export async function openSessions(
  db: Db,
  ids: readonly SessionId[],
  nowMs: number,
): Promise<SessionId[]> {
  const rows = await db
    .selectFrom('sessions')
    .select('id')
    .where('id', 'in', ids)
    .where('expires_at', '>', nowMs)
    .execute();
  return rows.map(({ id }) => id);
}

/** Those of the tokens that were not revoked. */
export async function keptTokens(db: Db, ids: readonly TokenId[]): Promise<TokenId[]> {
  const rows = await db.selectFrom('api_tokens').select('id').where('id', 'in', ids).execute();
  return rows.map(({ id }) => id);
}

/** Those of the bases that were not removed. */
export async function keptBases(db: Db, ids: readonly BaseId[]): Promise<BaseId[]> {
  const rows = await db
    .selectFrom('bases')
    .select('id')
    .where('id', 'in', ids)
    .where('removed_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

/** Those of the devices that are registered. */
export async function keptDevices(db: Db, ids: readonly DeviceId[]): Promise<DeviceId[]> {
  const rows = await db.selectFrom('devices').select('id').where('id', 'in', ids).execute();
  return rows.map(({ id }) => id);
}

/** Those of the certificates and passwords of devices that were not revoked. */
export async function keptCredentials(
  db: Db,
  ids: readonly CredentialId[],
): Promise<CredentialId[]> {
  const query = db.selectFrom('device_credentials').select('id').where('id', 'in', ids);
  return (await query.execute()).map(({ id }) => id);
}

/** The members of the sites. */
export async function membersAmong(
  db: Db,
  siteIds: readonly SiteId[],
): Promise<{ readonly userId: UserId; readonly siteId: SiteId }[]> {
  return await db
    .selectFrom('members')
    .select(['user_id as userId', 'site_id as siteId'])
    .where('site_id', 'in', siteIds)
    .execute();
}
