import { Epoch, type SiteId, newId } from '#protocol/ids.ts';
import type { SiteCursor } from '../kernel/publisher.ts';

/** Counts the deltas of each site within one run of the hub. */
export class SiteRevisions {
  readonly #epoch = newId(Epoch);
  readonly #revs = new Map<SiteId, number>();

  current(siteId: SiteId): SiteCursor {
    return { epoch: this.#epoch, rev: this.#revs.get(siteId) ?? 0 };
  }

  next(siteId: SiteId): SiteCursor {
    const rev = (this.#revs.get(siteId) ?? 0) + 1;
    this.#revs.set(siteId, rev);
    return { epoch: this.#epoch, rev };
  }
}
