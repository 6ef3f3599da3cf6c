import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { SiteId } from '#protocol/ids.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Bus } from './bus.ts';

/** How often a hub repeats what its clients watch. */
const SAY_EVERY_MS = 5_000;
/** After this long without a repetition nobody there watches it. */
const KEPT_MS = 12_000;
/** Of all hubs together. */
const MAX_SITES = 20_000;

export interface WatchedSitesDeps {
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Clock;
  /** Sites that clients of this hub watch now. */
  readonly here: () => readonly SiteId[];
}

/** Which sites clients of other hubs watch: only of these the others are shown what nobody keeps. */
export class WatchedSites {
  readonly #deps: WatchedSitesDeps;
  readonly #untilMs = new LruCache<SiteId, number>(MAX_SITES);
  #cancelTimer: CancelTimer | undefined;

  constructor(deps: WatchedSitesDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { bus, clock, here } = this.#deps;
    bus.publish(here().map((site) => ({ kind: 'watched', site })));
    this.#cancelTimer = clock.after(SAY_EVERY_MS, () => this.start());
  }

  close(): void {
    this.#cancelTimer?.();
  }

  /** A client of this hub begins to watch it. */
  readonly begun = (site: SiteId): void => this.#deps.bus.publish([{ kind: 'watched', site }]);

  heard(site: SiteId): void {
    this.#untilMs.set(site, this.#deps.clock.monotonicMs() + KEPT_MS);
  }

  readonly isWatchedElsewhere = (site: SiteId): boolean =>
    (this.#untilMs.peek(site) ?? 0) > this.#deps.clock.monotonicMs();
}
