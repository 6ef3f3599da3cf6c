import { AppError } from '#protocol/errors.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { roleMay } from '#protocol/access/permissions.ts';
import { FOUNDER, type Role } from '#protocol/access/roles.ts';
import type { InvitationCreated, MemberView, SiteView } from '#protocol/http/accounts.ts';
import { InvitationId, type SiteId, type UnitId, type UserId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import { WRITERS } from '../../store/writers.ts';
import { dropWaitingCodesOf } from '../../store/claim-codes.ts';
import {
  dropOpenInvitationsOf,
  insertInvitation,
  claimInvitation,
} from '../../store/invitations.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db, Tx } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { type UserRecord, findUser } from '../../store/users.ts';
import {
  countSitesOf,
  firstSite,
  insertSite,
  membersOf,
  putLayout,
  removeMember,
  renameSite,
  roleOf,
  rolesOf,
  siteFor,
  sitesOf,
} from '../../store/sites.ts';
import { type UserPrincipal, actorOf, reachesSite } from '../accounts/principal.ts';
import { putMember } from '../accounts/put-member.ts';
import type { Revocations } from '../accounts/revocations.ts';
import { hashSecret, newSecret } from '../accounts/secrets.ts';
import type { SiteAccess } from './site-access.ts';

export interface SiteServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly access: SiteAccess;
  readonly readable: ReadableRows;
  readonly revocations: Revocations;
}

const MAX_SITES_PER_USER = 100;

/** Sites, their members, and invitations to them. */
export class SiteService {
  readonly #deps: SiteServiceDeps;

  constructor(deps: SiteServiceDeps) {
    this.#deps = deps;
  }

  /** A fresh hub has one site, so that a base can be paired before anyone has signed up. */
  async ensureFirstSite(): Promise<SiteId> {
    const { unitOfWork, clock } = this.#deps;
    const site = await unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold('hub');
      const there = await firstSite(tx);
      if (there) return there;
      const made = await insertSite(tx, 'Home', clock.nowMs());
      const data = { name: made.name };
      emit({ site: made.id, type: 'site.added', actor: HUB_ACTOR, data });
      return made;
    }, WRITERS.hub);
    return site.id;
  }

  async list(caller: UserPrincipal): Promise<SiteView[]> {
    const sites = await sitesOf(this.#deps.db, this.#deps.readable, caller.userId);
    return sites.filter(({ id }) => reachesSite(caller, id));
  }

  async get(caller: UserPrincipal, siteId: SiteId): Promise<SiteView> {
    const site = reachesSite(caller, siteId)
      ? await siteFor(this.#deps.db, siteId, caller.userId)
      : undefined;
    if (!site) throw new AppError('site_unknown');
    return site;
  }

  /** @throws AppError `forbidden` to a token that is for certain sites: this one would not be among them. */
  async create(caller: UserPrincipal, name: string): Promise<SiteView> {
    const { unitOfWork, clock } = this.#deps;
    const { userId } = caller;
    if (caller.kind === 'token' && caller.siteIds !== null) throw new AppError('forbidden');
    const nowMs = clock.nowMs();
    return await unitOfWork.run(async (work) => {
      const { tx } = work;
      await work.hold({ account: userId });
      if ((await countSitesOf(tx, userId)) >= MAX_SITES_PER_USER) {
        throw new AppError('forbidden', { details: { reason: `at most ${MAX_SITES_PER_USER}` } });
      }
      const site = await insertSite(tx, name, nowMs);
      const actor = actorOf(caller);
      work.emit({ site: site.id, type: 'site.added', actor, data: { name } });
      const user = await requireUser(tx, userId);
      await putMember(work, { siteId: site.id, user, role: FOUNDER, nowMs, actor });
      return { id: site.id, name, role: FOUNDER, createdAt: toInstant(nowMs) };
    }, userId);
  }

  async rename(caller: UserPrincipal, siteId: SiteId, name: string): Promise<SiteView> {
    await this.#deps.access.require(caller, siteId, 'site.rename');
    await this.#deps.unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ site: siteId });
      await renameSite(tx, siteId, name);
      emit({ site: siteId, type: 'site.changed', actor: actorOf(caller), data: { name } });
    }, caller.userId);
    return await this.get(caller, siteId);
  }

  async members(caller: UserPrincipal, siteId: SiteId): Promise<MemberView[]> {
    await this.#deps.access.require(caller, siteId, 'member.list');
    return await membersOf(this.#deps.db, this.#deps.readable, siteId);
  }

  /** Owners remove anyone, others only themselves; the last owner stays. */
  async removeMember(caller: UserPrincipal, siteId: SiteId, userId: UserId): Promise<void> {
    const { access, unitOfWork, revocations } = this.#deps;
    const isOneself = caller.userId === userId;
    await access.require(caller, siteId, isOneself ? 'member.leave' : 'member.manage');
    await unitOfWork.run(async ({ tx, emit, wake, hold }) => {
      await hold({ site: siteId });
      if (!(await removeMember(tx, siteId, userId))) throw new AppError('not_found');
      const left = await rolesOf(tx, siteId);
      if (!left.some((role) => roleMay(role, 'member.manage'))) throw new AppError('last_owner');
      // Else they could let themselves in again.
      await dropOpenInvitationsOf(tx, siteId, userId);
      await dropWaitingCodesOf(tx, siteId, userId);
      const { name } = await requireUser(tx, userId);
      const data = { userId, userName: name };
      emit({ site: siteId, type: 'member.removed', actor: actorOf(caller), data });
      wake(() => revocations.announce({ kind: 'member', userId, siteId }));
    }, caller.userId);
  }

  async invite(
    caller: UserPrincipal,
    siteId: SiteId,
    role: Role,
  ): Promise<Omit<InvitationCreated, 'hubUrls'>> {
    const { access, unitOfWork, clock } = this.#deps;
    await access.require(caller, siteId, 'member.manage');
    const { userId } = caller;
    const nowMs = clock.nowMs();
    const code = newSecret(15);
    const invitation = {
      id: newId(InvitationId, nowMs),
      siteId,
      codeHash: hashSecret(code),
      role,
      invitedBy: userId,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + LIMITS.invitationTtlMs,
    };
    await unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ site: siteId });
      // Checked again here: an invitation must not outlive a right that is being revoked.
      const now = await roleOf(tx, siteId, userId);
      if (!now || !roleMay(now, 'member.manage')) throw new AppError('forbidden');
      if (!(await insertInvitation(tx, invitation))) {
        throw new AppError('rate_limited', { details: { reason: 'too many open invitations' } });
      }
      const expiresAt = toInstant(invitation.expiresAtMs);
      const data = { invitationId: invitation.id, role, expiresAt };
      emit({ site: siteId, type: 'member.invited', actor: actorOf(caller), data });
    }, userId);
    return { id: invitation.id, code, role, expiresAt: toInstant(invitation.expiresAtMs) };
  }

  /** Makes the holder of an account a member. */
  async accept(caller: UserPrincipal, code: string): Promise<SiteView> {
    const { unitOfWork, clock, revocations } = this.#deps;
    const { userId } = caller;
    const nowMs = clock.nowMs();
    const siteId = await unitOfWork.run(async (work) => {
      const { tx } = work;
      const invitation = await claimInvitation(tx, hashSecret(code), nowMs);
      if (!invitation) throw new AppError('invitation_invalid');
      const { siteId: joined, role } = invitation;
      const user = await requireUser(tx, userId);
      const actor = { kind: 'person', id: userId } as const;
      await putMember(work, { siteId: joined, user, role, nowMs, actor });
      work.wake(() => revocations.announce({ kind: 'members_changed', siteId: joined }));
      return joined;
    }, userId);
    return await this.get(caller, siteId);
  }

  async putLayout(
    caller: UserPrincipal,
    siteId: SiteId,
    unitIds: readonly UnitId[],
  ): Promise<void> {
    const { userId } = caller;
    await this.#deps.access.require(caller, siteId, 'layout.arrange');
    await this.#deps.unitOfWork.run(({ tx }) => putLayout(tx, { siteId, userId }, unitIds), userId);
  }
}

async function requireUser(tx: Tx, id: UserId): Promise<UserRecord> {
  const user = await findUser(tx, id);
  if (!user) throw new AppError('unauthenticated');
  return user;
}
