import type { BaseId, ClaimId, SiteId, UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { ClaimCodesTable } from './schema/bases.ts';

/** Codes of one site that wait to be used. */
const MAX_WAITING_PER_SITE = 20;
/** How long the outcome of a code can be queried. */
const KEPT_MS = 86_400_000;

export interface ClaimCodeRecord {
  readonly id: ClaimId;
  readonly siteId: SiteId;
  readonly baseName: string;
  readonly secretHash: string;
  /** null: the hub itself, for a base on the same machine. */
  readonly createdBy: UserId | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** The base that used it. */
  readonly baseId: BaseId | null;
}

function claimCodeOf(row: ClaimCodesTable): ClaimCodeRecord {
  return {
    id: row.id,
    siteId: row.site_id,
    baseName: row.base_name,
    secretHash: row.secret_hash,
    createdBy: row.created_by,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    baseId: row.base_id,
  };
}

/** Stores a code; false when the site has too many waiting. */
export async function insertClaimCode(tx: Tx, claim: ClaimCodeRecord): Promise<boolean> {
  await tx
    .deleteFrom('claim_codes')
    .where('expires_at', '<', claim.createdAtMs - KEPT_MS)
    .execute();
  const waiting = await tx
    .selectFrom('claim_codes')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', claim.siteId)
    .where('base_id', 'is', null)
    .where('expires_at', '>', claim.createdAtMs)
    .executeTakeFirstOrThrow();
  if (waiting.count >= MAX_WAITING_PER_SITE) return false;
  await tx
    .insertInto('claim_codes')
    .values({
      id: claim.id,
      site_id: claim.siteId,
      base_name: claim.baseName,
      secret_hash: claim.secretHash,
      created_by: claim.createdBy,
      created_at: claim.createdAtMs,
      expires_at: claim.expiresAtMs,
      base_id: claim.baseId,
    })
    .execute();
  return true;
}

export async function findClaimCode(db: Db, id: ClaimId): Promise<ClaimCodeRecord | undefined> {
  const row = await db
    .selectFrom('claim_codes')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && claimCodeOf(row);
}

export async function findClaimCodeByHash(
  db: Db,
  secretHash: string,
): Promise<ClaimCodeRecord | undefined> {
  const row = await db
    .selectFrom('claim_codes')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst();
  return row && claimCodeOf(row);
}

export async function markClaimed(tx: Tx, id: ClaimId, baseId: BaseId): Promise<void> {
  await tx.updateTable('claim_codes').set({ base_id: baseId }).where('id', '=', id).execute();
}

/** Revokes the unused codes of a site that a person created. */
export async function dropWaitingCodesOf(tx: Tx, siteId: SiteId, userId: UserId): Promise<void> {
  await tx
    .deleteFrom('claim_codes')
    .where('site_id', '=', siteId)
    .where('created_by', '=', userId)
    .where('base_id', 'is', null)
    .execute();
}

/** Revokes the unused codes that the hub itself created. */
export async function expireLocalCodes(tx: Tx, nowMs: number): Promise<void> {
  await tx
    .updateTable('claim_codes')
    .set({ expires_at: nowMs })
    .where('created_by', 'is', null)
    .where('base_id', 'is', null)
    .where('expires_at', '>', nowMs)
    .execute();
}
