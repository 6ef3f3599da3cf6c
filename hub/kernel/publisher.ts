import type { SiteDeltaBody, SiteDeltaName } from '#protocol/hub-link/socket-events.ts';
import type { Epoch, SiteId } from '#protocol/ids.ts';

/** Where a site's deltas are: snapshots carry it, deltas follow it. */
export interface SiteCursor {
  readonly epoch: Epoch;
  readonly rev: number;
}

/**
 * Tells the members of a site what changed, after it was stored. Never waits
 * for anybody: who misses a delta sees the gap in `rev` and fetches a snapshot.
 */
export interface Publisher {
  readonly publish: <N extends SiteDeltaName>(
    siteId: SiteId,
    name: N,
    body: SiteDeltaBody<N>,
  ) => void;
  readonly cursor: (siteId: SiteId) => SiteCursor;
}
