import type { Logger } from 'pino';
import type { HubId, SiteId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import { lastMessages, messagesBetween, replacedPlaces } from '../../store/mqtt-follow.ts';
import type { Db } from '../../store/schema.ts';
import type { FanOut } from './fan-out.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { StoredMessages } from './message-store.ts';

/** Messages that are read at a time. */
const PAGE = 200;
/** After a read that failed. */
const RETRY_MS = 1_000;

export interface MessageFollowerDeps {
  readonly db: Db;
  readonly hubId: HubId;
  readonly live: LiveSessions;
  readonly fanOut: Pick<FanOut, 'stored' | 'dropped'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Delivers the messages of each site to the sessions that are connected here, in the order in
 * which they were stored, at whichever hub: those of other hubs are read.
 */
export class MessageFollower {
  readonly #deps: MessageFollowerDeps;
  /** The last message that was delivered here, of sites that somebody here subscribes in. */
  readonly #positions = new Map<SiteId, number>();
  /** The last message that is stored, while those before it are being read. */
  readonly #wanted = new Map<SiteId, number>();
  readonly #reading = new Map<SiteId, Promise<void>>();
  /** Sites that somebody is about to subscribe in. */
  readonly #held = new Map<SiteId, number>();
  readonly #failures: FailureLog;
  readonly #retries = new Map<SiteId, CancelTimer>();
  #isClosed = false;

  constructor(deps: MessageFollowerDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'messages of other hubs not read');
  }

  /** Reads that run. */
  get size(): number {
    return this.#reading.size;
  }

  /**
   * From here on all that is stored in these sites is delivered: until released, or as long as
   * somebody is subscribed.
   */
  async hold(sites: readonly SiteId[]): Promise<() => void> {
    for (const site of sites) this.#held.set(site, (this.#held.get(site) ?? 0) + 1);
    const release = (): void => {
      for (const site of sites) {
        const left = (this.#held.get(site) ?? 1) - 1;
        if (left > 0) this.#held.set(site, left);
        else this.#held.delete(site);
      }
    };
    const unknown = sites.filter((site) => !this.#positions.has(site));
    if (unknown.length === 0) return release;
    try {
      const last = await lastMessages(this.#deps.db, unknown);
      for (const site of unknown) {
        if (!this.#positions.has(site)) this.#positions.set(site, last.get(site) ?? 0);
        this.#read(site);
      }
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  /** By this hub. */
  storedHere(stored: StoredMessages): void {
    const { fanOut } = this.#deps;
    const { site, from, upTo } = stored;
    fanOut.dropped(stored);
    if (!this.#isFollowed(site)) return;
    const position = this.#positions.get(site);
    const isNext = position === from - 1 && !this.#reading.has(site);
    if (!isNext) {
      this.storedElsewhere(site, upTo);
      return;
    }
    this.#positions.set(site, upTo);
    fanOut.stored(stored);
  }

  /** Messages up to this one are stored; they may have been delivered already. */
  storedElsewhere(site: SiteId, upTo: number): void {
    if (!this.#isFollowed(site)) return;
    this.#wanted.set(site, Math.max(upTo, this.#wanted.get(site) ?? 0));
    this.#read(site);
  }

  /** The session has a newer connection at another hub. */
  takenOver(key: number, generation: number): void {
    const session = this.#deps.live.find(key);
    if (session && session.place.generation < generation) session.end('taken_over');
  }

  /** Looks for whatever no note of another hub has said. */
  async look(): Promise<void> {
    const { db, live } = this.#deps;
    for (const [site, seq] of await lastMessages(db, [...this.#positions.keys()])) {
      this.storedElsewhere(site, seq);
    }
    const places = live.all().map(({ place }) => place);
    for (const { key, generation } of await replacedPlaces(db, places)) {
      const session = live.find(key);
      if (session?.place.generation === generation) session.end('taken_over');
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#retries.values()) cancel();
    this.#positions.clear();
    await Promise.all(this.#reading.values());
  }

  #isFollowed(site: SiteId): boolean {
    if (this.#held.has(site) || this.#deps.live.hasSite(site)) return true;
    this.#positions.delete(site);
    this.#wanted.delete(site);
    return false;
  }

  #read(site: SiteId): void {
    const isWaiting = this.#reading.has(site) || this.#retries.has(site);
    if (this.#isClosed || isWaiting || !this.#isBehind(site)) return;
    const reading = this.#readAll(site).finally(() => {
      this.#reading.delete(site);
      this.#read(site);
    });
    this.#reading.set(site, reading);
  }

  #isBehind(site: SiteId): boolean {
    const position = this.#positions.get(site);
    return position !== undefined && position < (this.#wanted.get(site) ?? 0);
  }

  async #readAll(site: SiteId): Promise<void> {
    try {
      while (this.#isBehind(site) && this.#isFollowed(site)) await this.#readPage(site);
      this.#failures.succeeded();
    } catch (error) {
      this.#failures.failed(error);
      if (!this.#isClosed) this.#retries.set(site, this.#retryLater(site));
    }
  }

  #retryLater(site: SiteId): CancelTimer {
    return this.#deps.clock.after(RETRY_MS, () => {
      this.#retries.delete(site);
      this.#read(site);
    });
  }

  async #readPage(site: SiteId): Promise<void> {
    const { db, hubId, fanOut } = this.#deps;
    const after = this.#positions.get(site) ?? 0;
    const upTo = this.#wanted.get(site) ?? 0;
    const page = await messagesBetween(db, site, { after, upTo, limit: PAGE, hubId });
    if (!this.#positions.has(site)) return;
    const isAll = page.messages.length < PAGE;
    this.#positions.set(site, isAll ? upTo : (page.messages.at(-1)?.seq ?? upTo));
    fanOut.stored(page);
  }
}
