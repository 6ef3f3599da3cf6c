import type { BaseId, SiteId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Revocations } from '../accounts/revocations.ts';
import type { Db } from '../../store/schema.ts';
import { firstOwner } from '../../store/sites.ts';
import type { BaseDirectory } from './base-directory.ts';

const MAX_CACHED = 5_000;

/** For whom a base competes with others: the account behind its site, the site, itself. */
export class BaseShares {
  readonly #db: Db;
  readonly #bases: BaseDirectory;
  /** Looked up for each batch of a base; a stale owner costs only fairness. */
  readonly #owners = new LruCache<SiteId, string>(MAX_CACHED);

  constructor(deps: {
    readonly db: Db;
    readonly bases: BaseDirectory;
    readonly revocations: Revocations;
  }) {
    this.#db = deps.db;
    this.#bases = deps.bases;
    deps.revocations.listen((revocation) => {
      if (revocation.kind === 'unheard') this.#owners.clear();
      if (revocation.kind === 'member') this.#owners.delete(revocation.siteId);
    });
  }

  /** The account that a base's work is charged to. */
  async accountOf(id: BaseId): Promise<string> {
    const [account] = await this.pathOf(id);
    return account ?? id;
  }

  async pathOf(id: BaseId): Promise<readonly string[]> {
    const siteId = (await this.#bases.find(id))?.siteId;
    // A site without an account counts for itself.
    const owner = siteId === undefined ? undefined : await this.#ownerOf(siteId);
    return [owner ?? siteId ?? id, siteId ?? id, id];
  }

  async #ownerOf(siteId: SiteId): Promise<string | undefined> {
    const known = this.#owners.get(siteId);
    if (known !== undefined) return known;
    const owner = await firstOwner(this.#db, siteId);
    if (owner !== undefined) this.#owners.set(siteId, owner);
    return owner;
  }
}
