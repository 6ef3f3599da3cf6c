import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { roleMay, type SitePermission } from '#protocol/access/permissions.ts';
import type { Role } from '#protocol/access/roles.ts';
import type { SiteId, UserId } from '#protocol/ids.ts';
import type { Db } from '../../store/schema.ts';
import { roleOf } from '../../store/sites.ts';
import { principalMay, reachesSite, type UserPrincipal } from '../accounts/principal.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Revocations } from '../accounts/revocations.ts';

const MAX_CACHED = 5_000;

/** What belongs to a site, and what is said where there is no such thing for a caller. */
export interface ThingOfSite {
  readonly siteId: SiteId;
  readonly unknown: ErrorCode;
}

/**
 * Who may do what at a site, by the table of protocol/access/permissions.ts.
 * To who has no role there, a site does not exist.
 */
export class SiteAccess {
  readonly #db: Db;
  readonly #roles = new LruCache<string, { readonly siteId: SiteId; readonly role: Role }>(
    MAX_CACHED,
  );
  /** Counts changes, so that nothing read before one is cached after it. */
  #changes = 0;

  constructor(deps: { readonly db: Db; readonly revocations: Revocations }) {
    this.#db = deps.db;
    deps.revocations.listen((revocation) => {
      const { kind } = revocation;
      if (kind === 'member' || kind === 'members_changed') this.#forget(revocation.siteId);
      if (kind === 'unheard') this.#forgetAll();
    });
  }

  async role(userId: UserId, siteId: SiteId): Promise<Role | undefined> {
    const key = `${userId} ${siteId}`;
    const known = this.#roles.get(key);
    if (known) return known.role;
    const changes = this.#changes;
    const role = await roleOf(this.#db, siteId, userId);
    if (role && changes === this.#changes) this.#roles.set(key, { siteId, role });
    return role;
  }

  async may(caller: UserPrincipal, siteId: SiteId, permission: SitePermission): Promise<boolean> {
    if (!principalMay(caller, permission) || !reachesSite(caller, siteId)) return false;
    const role = await this.role(caller.userId, siteId);
    return role !== undefined && roleMay(role, permission);
  }

  /**
   * @param place a site, or a thing in it: callers without a role there are told `unknown`.
   * @throws AppError `forbidden` if the role or the token is not enough.
   */
  async require(
    caller: UserPrincipal,
    place: SiteId | ThingOfSite,
    permission: SitePermission,
  ): Promise<void> {
    const { siteId, unknown } =
      typeof place === 'string' ? { siteId: place, unknown: 'site_unknown' as const } : place;
    if (await this.may(caller, siteId, permission)) return;
    // A token for other sites learns no more of this one than an unauthenticated caller.
    const role = reachesSite(caller, siteId) ? await this.role(caller.userId, siteId) : undefined;
    throw new AppError(role === undefined ? unknown : 'forbidden');
  }

  #forget(siteId: SiteId): void {
    this.#changes += 1;
    this.#roles.deleteWhere((entry) => entry.siteId === siteId);
  }

  #forgetAll(): void {
    this.#changes += 1;
    this.#roles.clear();
  }
}
