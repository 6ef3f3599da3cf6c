import type { Role } from '#protocol/access/roles.ts';
import type { InvitationId, SiteId, UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';

/** Open invitations of one site; more only serve to fill the table. */
const MAX_OPEN_PER_SITE = 200;

export interface InvitationRecord {
  readonly id: InvitationId;
  readonly siteId: SiteId;
  readonly codeHash: string;
  readonly role: Role;
  readonly invitedBy: UserId;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Stores an invitation; false when the site has too many open ones. */
export async function insertInvitation(tx: Tx, invitation: InvitationRecord): Promise<boolean> {
  await tx
    .deleteFrom('invitations')
    .where('site_id', '=', invitation.siteId)
    .where('expires_at', '<=', invitation.createdAtMs)
    .execute();
  const open = await tx
    .selectFrom('invitations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', invitation.siteId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (open.count >= MAX_OPEN_PER_SITE) return false;
  await tx
    .insertInto('invitations')
    .values({
      id: invitation.id,
      site_id: invitation.siteId,
      code_hash: invitation.codeHash,
      role: invitation.role,
      invited_by: invitation.invitedBy,
      created_at: invitation.createdAtMs,
      expires_at: invitation.expiresAtMs,
      used_at: null,
    })
    .execute();
  return true;
}

/** Whether this is the code of an invitation that can be used. */
export async function isOpenInvitation(db: Db, codeHash: string, nowMs: number): Promise<boolean> {
  const found = await db
    .selectFrom('invitations')
    .select('id')
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .executeTakeFirst();
  return found !== undefined;
}

/** Marks an invitation as used. Undefined if it is unknown, was used, or has expired. */
export async function claimInvitation(
  tx: Tx,
  codeHash: string,
  nowMs: number,
): Promise<Pick<InvitationRecord, 'siteId' | 'role'> | undefined> {
  const row = await tx
    .updateTable('invitations')
    .set({ used_at: nowMs })
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .returning(['site_id', 'role'])
    .executeTakeFirst();
  return row && { siteId: row.site_id, role: row.role };
}

/** Revokes the unused invitations to a site that a person created. */
export async function dropOpenInvitationsOf(tx: Tx, siteId: SiteId, userId: UserId): Promise<void> {
  await tx
    .deleteFrom('invitations')
    .where('site_id', '=', siteId)
    .where('invited_by', '=', userId)
    .where('used_at', 'is', null)
    .execute();
}
