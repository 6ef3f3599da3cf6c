import type { SiteId, UserId } from '#protocol/ids.ts';
import type { Db, Tx } from './schema.ts';
import type { InvitationsTable } from './schema/sites.ts';

/** Open invitations of one site; more only serve to fill the table. */
const MAX_OPEN_PER_SITE = 200;

/** Stores an invitation; false when the site has too many open ones. */
export async function insertInvitation(tx: Tx, invitation: InvitationsTable): Promise<boolean> {
  await tx
    .deleteFrom('invitations')
    .where('site_id', '=', invitation.site_id)
    .where('expires_at', '<=', invitation.created_at)
    .execute();
  const open = await tx
    .selectFrom('invitations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', invitation.site_id)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (open.count >= MAX_OPEN_PER_SITE) return false;
  await tx.insertInto('invitations').values(invitation).execute();
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

/** Uses an invitation up. Undefined when it is not known, was used, or has expired. */
export async function takeInvitation(
  tx: Tx,
  codeHash: string,
  nowMs: number,
): Promise<InvitationsTable | undefined> {
  return await tx
    .updateTable('invitations')
    .set({ used_at: nowMs })
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', nowMs)
    .returningAll()
    .executeTakeFirst();
}

/** Takes back the invitations to a site that somebody made and nobody has used. */
export async function dropOpenInvitationsOf(tx: Tx, siteId: SiteId, userId: UserId): Promise<void> {
  await tx
    .deleteFrom('invitations')
    .where('site_id', '=', siteId)
    .where('invited_by', '=', userId)
    .where('used_at', 'is', null)
    .execute();
}
