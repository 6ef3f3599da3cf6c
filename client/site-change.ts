import type { SitePart } from '#protocol/hub-link/site-channel.ts';

/** One part of a delta: what changed, by name. */
export type SiteChange = SitePart;
