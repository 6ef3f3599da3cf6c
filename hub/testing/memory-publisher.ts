import type { SiteDeltaBody, SiteDeltaName } from '#protocol/hub-link/socket-events.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Publisher, SiteCursor } from '../kernel/publisher.ts';
import { SiteRevisions } from '../delivery/site-revisions.ts';

export interface PublishedDelta {
  readonly siteId: SiteId;
  readonly name: SiteDeltaName;
  readonly delta: Readonly<Record<string, unknown>> & SiteCursor;
}

/** Keeps what was published, for whoever asks. */
export class MemoryPublisher implements Publisher {
  readonly #revisions = new SiteRevisions();
  readonly #published: PublishedDelta[] = [];

  readonly publish = <N extends SiteDeltaName>(
    siteId: SiteId,
    name: N,
    body: SiteDeltaBody<N>,
  ): void => {
    const delta = { ...this.#revisions.next(siteId), ...body };
    this.#published.push({ siteId, name, delta });
  };

  readonly cursor = (siteId: SiteId): SiteCursor => this.#revisions.current(siteId);

  /** All deltas of a site so far, oldest first. */
  of(siteId: SiteId): readonly PublishedDelta[] {
    return this.#published.filter((published) => published.siteId === siteId);
  }
}
