import type { SiteId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';

/** Calls to the same site often follow each other. */
const KEPT_MS = 30_000;

interface Watch {
  readonly begun: Promise<() => void>;
  users: number;
  cancelEnd: CancelTimer;
}

export interface WatchedSitesDeps {
  readonly clock: Clock;
  readonly watchTopics: (site: SiteId) => Promise<() => void>;
}

/** Sites whose messages are handed on at this hub while somebody waits for an answer. */
export class WatchedSites {
  readonly #deps: WatchedSitesDeps;
  readonly #watches = new Map<SiteId, Watch>();

  constructor(deps: WatchedSitesDeps) {
    this.#deps = deps;
  }

  /** @returns what must be called afterwards. */
  async enter(site: SiteId): Promise<() => void> {
    const watch = this.#watches.get(site) ?? this.#begin(site);
    watch.users += 1;
    watch.cancelEnd();
    try {
      await watch.begun;
    } catch (error) {
      if (this.#watches.get(site) === watch) this.#watches.delete(site);
      throw error;
    }
    return () => {
      watch.users -= 1;
      if (watch.users > 0) return;
      watch.cancelEnd = this.#deps.clock.after(KEPT_MS, () => void this.#end(site, watch));
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watches].map(([site, watch]) => this.#end(site, watch)));
  }

  #begin(site: SiteId): Watch {
    const begun = this.#deps.watchTopics(site);
    const watch: Watch = { begun, users: 0, cancelEnd: () => undefined };
    this.#watches.set(site, watch);
    return watch;
  }

  async #end(site: SiteId, watch: Watch): Promise<void> {
    watch.cancelEnd();
    if (this.#watches.get(site) === watch) this.#watches.delete(site);
    const end = await watch.begun;
    end();
  }
}
