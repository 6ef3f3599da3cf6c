import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { Role } from '#protocol/http/accounts.ts';
import type { SiteId, UserId } from '#protocol/ids.ts';
import type { Db } from '../store/schema.ts';
import { roleOf } from '../store/sites.ts';
import { RecentMap } from './recent-map.ts';
import type { Revocations } from './revocations.ts';

const MAX_CACHED = 5_000;

/**
 * Who may do what at a site: members see and steer, owners also add and
 * remove bases, units and members, and do to units what protocol/thing/unit-guards.ts
 * keeps for them. To others a site does not exist.
 */
export class SiteAccess {
  readonly #db: Db;
  readonly #roles = new RecentMap<string, { readonly siteId: SiteId; readonly role: Role }>(
    MAX_CACHED,
  );
  /** Counts changes, so that nothing read before one is cached after it. */
  #changes = 0;

  constructor(deps: { readonly db: Db; readonly revocations: Revocations }) {
    this.#db = deps.db;
    deps.revocations.listen((revocation) => {
      if (revocation.kind === 'member') this.membersChanged(revocation.siteId);
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

  /**
   * Passes members (or only owners), and refuses others as if there were no
   * such site, or `unknown`: no such thing of it.
   */
  async require(
    userId: UserId,
    siteId: SiteId,
    needed: Role,
    unknown: ErrorCode = 'site_unknown',
  ): Promise<Role> {
    const role = await this.role(userId, siteId);
    if (role === undefined) throw new AppError(unknown);
    if (needed === 'owner' && role !== 'owner') throw new AppError('forbidden');
    return role;
  }

  membersChanged(siteId: SiteId): void {
    this.#changes += 1;
    this.#roles.deleteWhere((entry) => entry.siteId === siteId);
  }
}
