import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import type { SiteId } from '#protocol/ids.ts';

/**
 * Sends to the watchers of a site. Never waits for anybody: who misses a delta sees
 * by its place that it did, and resumes.
 */
export interface Publisher {
  readonly publish: (siteId: SiteId, delta: SiteDelta) => void;
  /** Whether anybody is there to see it. */
  readonly isWatched: (siteId: SiteId) => boolean;
}
