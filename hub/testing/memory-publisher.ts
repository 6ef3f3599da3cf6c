import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Publisher } from '../kernel/publisher.ts';

/** Records what was published. */
export class MemoryPublisher implements Publisher {
  readonly #published: { readonly siteId: SiteId; readonly delta: SiteDelta }[] = [];

  readonly publish = (siteId: SiteId, delta: SiteDelta): void => {
    this.#published.push({ siteId, delta });
  };

  readonly isWatched = (): boolean => true;

  readonly watchedSites = (): SiteId[] => [...new Set(this.#published.map(({ siteId }) => siteId))];

  /** All deltas of a site so far, oldest first. */
  of(siteId: SiteId): readonly SiteDelta[] {
    return this.#published.filter((one) => one.siteId === siteId).map(({ delta }) => delta);
  }
}
