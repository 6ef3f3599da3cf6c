import { z } from 'zod';
import { rolesWith } from '#protocol/access/permissions.ts';
import { higherRole, type Role } from '#protocol/access/roles.ts';
import { MemberView, SiteView } from '#protocol/http/accounts.ts';
import { DEFAULT_RETENTION } from '#protocol/retention.ts';
import { Epoch, SiteId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { jsonColumnOr } from './json-column.ts';
import { prepared } from './engine/prepared.ts';
import type { ReadableRows } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { SitesTable } from './schema/sites.ts';
import { userView } from './users.ts';

const Layout = z.array(z.string());

export interface SiteRecord {
  readonly id: SiteId;
  readonly name: string;
  readonly createdAtMs: number;
}

type SiteRow = Pick<SitesTable, 'id' | 'name' | 'created_at'>;

function siteOf(row: SiteRow): SiteRecord {
  return { id: row.id, name: row.name, createdAtMs: row.created_at };
}

export async function insertSite(tx: Tx, name: string, nowMs: number): Promise<SiteRecord> {
  const id = newId(SiteId, nowMs);
  const epoch = newId(Epoch, nowMs);
  const { rawDays, minuteDays, hourDays } = DEFAULT_RETENTION;
  const retention = { raw_days: rawDays, minute_days: minuteDays, hour_days: hourDays };
  await tx
    .insertInto('sites')
    .values({ id, name, created_at: nowMs, epoch, ...retention })
    .execute();
  return { id, name, createdAtMs: nowMs };
}

export async function firstSite(db: Db): Promise<SiteRecord | undefined> {
  const row = await db.selectFrom('sites').selectAll().orderBy('id').limit(1).executeTakeFirst();
  return row && siteOf(row);
}

export async function sitesWithoutOwner(db: Db): Promise<SiteId[]> {
  const rows = await db
    .selectFrom('sites')
    .select('id')
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('members')
            .select('user_id')
            .whereRef('members.site_id', '=', 'sites.id')
            .where('role', 'in', rolesWith('member.manage')),
        ),
      ),
    )
    .execute();
  return rows.map((row) => row.id);
}

const ownersOfSite = prepared<{ readonly siteId: SiteId }>()((db, slot) =>
  db
    .selectFrom('members')
    .select('user_id')
    .where('site_id', '=', slot('siteId'))
    .where('role', 'in', rolesWith('member.manage'))
    .orderBy('since')
    .limit(1),
);

/** The account that a site is counted for: its longest-standing owner. */
export async function firstOwner(db: Db, siteId: SiteId): Promise<UserId | undefined> {
  return (await ownersOfSite.first(db, { siteId }))?.user_id;
}

export async function sitesOf(db: Db, readable: ReadableRows, userId: UserId): Promise<SiteView[]> {
  const rows = await db
    .selectFrom('sites')
    .innerJoin('members', 'members.site_id', 'sites.id')
    .select(['sites.id', 'sites.name', 'sites.created_at', 'members.role'])
    .where('members.user_id', '=', userId)
    .orderBy('sites.id')
    .execute();
  return readable.each(rows, {
    what: 'site',
    idOf: ({ id }) => id,
    schema: SiteView,
    make: siteView,
  });
}

/** Where somebody has a role. */
export async function siteIdsOf(db: Db, userId: UserId): Promise<SiteId[]> {
  const rows = await db
    .selectFrom('members')
    .select('site_id')
    .where('user_id', '=', userId)
    .orderBy('site_id')
    .execute();
  return rows.map((row) => row.site_id);
}

export async function countSitesOf(db: Db, userId: UserId): Promise<number> {
  const { count } = await db
    .selectFrom('members')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function siteFor(
  db: Db,
  siteId: SiteId,
  userId: UserId,
): Promise<SiteView | undefined> {
  const row = await db
    .selectFrom('sites')
    .innerJoin('members', 'members.site_id', 'sites.id')
    .select(['sites.id', 'sites.name', 'sites.created_at', 'members.role'])
    .where('sites.id', '=', siteId)
    .where('members.user_id', '=', userId)
    .executeTakeFirst();
  return row && siteView(row);
}

export async function renameSite(tx: Tx, siteId: SiteId, name: string): Promise<void> {
  await tx.updateTable('sites').set({ name }).where('id', '=', siteId).execute();
}

/** Adds a member, or gives a member the higher of both roles. */
export async function addMember(
  tx: Tx,
  member: {
    readonly siteId: SiteId;
    readonly userId: UserId;
    readonly role: Role;
    readonly nowMs: number;
  },
): Promise<void> {
  const known = await roleOf(tx, member.siteId, member.userId);
  const role = known ? higherRole(known, member.role) : member.role;
  await tx
    .insertInto('members')
    .values({
      site_id: member.siteId,
      user_id: member.userId,
      role,
      since: member.nowMs,
      layout: '[]',
    })
    .onConflict((conflict) => conflict.columns(['site_id', 'user_id']).doUpdateSet({ role }))
    .execute();
}

export async function removeMember(tx: Tx, siteId: SiteId, userId: UserId): Promise<boolean> {
  const result = await tx
    .deleteFrom('members')
    .where('site_id', '=', siteId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function roleOf(db: Db, siteId: SiteId, userId: UserId): Promise<Role | undefined> {
  const row = await db
    .selectFrom('members')
    .select('role')
    .where('site_id', '=', siteId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.role;
}

/** Of all members, even if the rest of their rows cannot be read. */
export async function rolesOf(db: Db, siteId: SiteId): Promise<Role[]> {
  const rows = await db
    .selectFrom('members')
    .select('role')
    .distinct()
    .where('site_id', '=', siteId)
    .execute();
  return rows.map(({ role }) => role);
}

export async function membersOf(
  db: Db,
  readable: ReadableRows,
  siteId: SiteId,
): Promise<MemberView[]> {
  const rows = await db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['users.id', 'users.email', 'users.name', 'members.role', 'members.since'])
    .where('members.site_id', '=', siteId)
    .orderBy('members.since')
    .limit(1_000)
    .execute();
  return readable.each(rows, {
    what: 'member',
    idOf: ({ id }) => id,
    schema: MemberView,
    make: (row) => ({ user: userView(row), role: row.role, since: toInstant(row.since) }),
  });
}

/** The member's order of the tiles; empty if it cannot be read. */
export async function layoutOf(db: Db, siteId: SiteId, userId: UserId): Promise<string[]> {
  const row = await db
    .selectFrom('members')
    .select('layout')
    .where('site_id', '=', siteId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row ? jsonColumnOr(Layout, row.layout, []) : [];
}

export async function putLayout(
  tx: Tx,
  member: { readonly siteId: SiteId; readonly userId: UserId },
  layout: readonly string[],
): Promise<void> {
  await tx
    .updateTable('members')
    .set({ layout: JSON.stringify(layout) })
    .where('site_id', '=', member.siteId)
    .where('user_id', '=', member.userId)
    .execute();
}

function siteView(row: SiteRow & { readonly role: Role }): SiteView {
  return { id: row.id, name: row.name, role: row.role, createdAt: toInstant(row.created_at) };
}
