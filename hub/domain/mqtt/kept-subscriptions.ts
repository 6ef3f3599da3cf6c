import type { SiteId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import { type SubscriptionRecord, subscriptionsAt } from '../../store/mqtt-subscriptions.ts';
import type { Db } from '../../store/schema.ts';
import { FilterTree } from './filter-tree.ts';

const MAX_SITES = 2_000;

interface Kept {
  readonly rev: number;
  readonly tree: FilterTree<SubscriptionRecord>;
}

/**
 * The subscriptions in the database, of all sessions at all hubs: a publisher has locked
 * the row of the site and knows its revision, so what is cached here is never older.
 */
export class KeptSubscriptions {
  readonly #sites = new LruCache<SiteId, Kept>(MAX_SITES);

  async at(db: Db, site: SiteId, rev: number): Promise<FilterTree<SubscriptionRecord>> {
    const known = this.#sites.get(site);
    if (known?.rev === rev) return known.tree;
    const tree = new FilterTree<SubscriptionRecord>();
    for (const one of await subscriptionsAt(db, site)) tree.add(one.topic, one);
    this.#sites.set(site, { rev, tree });
    return tree;
  }

  /** A transaction failed: a revision that was seen in it may come again with others. */
  clear(): void {
    this.#sites.clear();
  }
}
