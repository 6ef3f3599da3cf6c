import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import type { SiteId } from '#protocol/ids.ts';

/**
 * Sends to the watchers of a site. Never waits: a client that misses a delta notices by
 * its place, and resumes.
 */
export interface Publisher {
  readonly publish: (siteId: SiteId, delta: SiteDelta) => void;
  /** Whether anyone is watching. */
  readonly isWatched: (siteId: SiteId) => boolean;
  /** Sites that somebody is watching. */
  readonly watchedSites: () => readonly SiteId[];
}
