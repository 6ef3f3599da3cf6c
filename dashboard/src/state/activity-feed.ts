import type { ErrorCode } from '#protocol/errors.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteEventsPage } from '#protocol/http/events.ts';
import type { ResumeFailure, SiteCursor } from '#protocol/site-cursor.ts';
import type { Epoch } from '#protocol/ids.ts';
import { Cell, type Readable } from '#client/cell.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';
import { asAppError } from '#client/http-client.ts';
import { retryAfterMsOf } from '#client/retry-after.ts';
import type { EventsRequest } from '#client/site-api.ts';

export interface ActivityState {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** Why nothing could be loaded. */
  readonly code?: ErrorCode | undefined;
  /** Newest first. */
  readonly events: readonly SiteEvent[];
  /** Up to here not all events are kept any more. */
  readonly floor: number;
  readonly older: 'more' | 'loading' | 'none';
  /** Why older events could not be loaded. */
  readonly olderCode?: ErrorCode | undefined;
  /** False once the newest were let go for older ones: nothing is added at the top any more. */
  readonly isAtNewest: boolean;
  /** Why new events cannot be fetched at present; retried automatically. */
  readonly behind?: ErrorCode | undefined;
  /** Why the events in between were not available. The list starts over. */
  readonly missed?: ResumeFailure | undefined;
  /** Events that came in since it was opened. */
  readonly added: number;
}

export interface ActivityFeedDeps {
  readonly fetchPage: (query: EventsRequest, signal: AbortSignal) => Promise<SiteEventsPage>;
  /** The position of the site's events, as announced on its channel. */
  readonly position: Readable<Pick<SiteCursor, 'epoch' | 'rev'> | undefined>;
  readonly clock: Clock;
  readonly filter: EventsRequest;
  readonly pageSize?: number;
  /** Events that are kept; beyond that those at the other end go, and can be loaded again. */
  readonly maxEvents?: number;
  readonly random?: () => number;
}

const PAGE_SIZE = 100;
const MAX_EVENTS = 500;
/** New events are fetched at most this often. */
const PAUSE_MS = 1_000;
/**
 * Pages per fetch: of older events until there is something to show, of new ones until
 * all are there.
 */
const MAX_PAGES = 10;
const NOTHING: ActivityState = {
  phase: 'loading',
  events: [],
  floor: 0,
  older: 'none',
  isAtNewest: true,
  added: 0,
};

interface Head {
  readonly epoch: Epoch;
  readonly rev: number;
}

/**
 * The stored events of a site on screen: older pages on demand, and new events as the
 * site's channel announces them.
 */
export class ActivityFeed {
  readonly state = new Cell<ActivityState>(NOTHING);
  readonly #deps: ActivityFeedDeps;
  readonly #pageSize: number;
  readonly #maxEvents: number;
  #fetch: AbortController | undefined;
  #unsubscribe: (() => void) | undefined;
  /** New events are complete up to here. */
  #head: Head | undefined;
  /** Before where the next older page begins. */
  #before: number | undefined;
  #isFetchingNew = false;
  #cancelNext: (() => void) | undefined;
  #lastFetchMs = -Infinity;
  #failures = 0;

  constructor(deps: ActivityFeedDeps) {
    this.#deps = deps;
    this.#pageSize = deps.pageSize ?? PAGE_SIZE;
    this.#maxEvents = deps.maxEvents ?? MAX_EVENTS;
  }

  /** May be opened again after it was closed. */
  open(): void {
    if (this.#unsubscribe) return;
    this.#unsubscribe = this.#deps.position.subscribe(() => this.#wake());
    this.load();
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#fetch?.abort();
    this.#fetch = undefined;
    this.#cancelNext?.();
    this.#cancelNext = undefined;
  }

  /** From the newest event on, in place of what there is. */
  load(missed?: ResumeFailure): void {
    this.#fetch?.abort();
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    this.#isFetchingNew = false;
    this.#head = undefined;
    const fetch = new AbortController();
    this.#fetch = fetch;
    const before = this.state.get();
    this.state.set({
      ...{ ...before, code: undefined, olderCode: undefined, behind: undefined, missed: undefined },
      phase: before.events.length > 0 ? 'ready' : 'loading',
    });
    void this.#older(undefined, fetch.signal).then(
      ({ events, page }) => {
        if (this.#fetch !== fetch) return;
        this.#head = { epoch: page.epoch, rev: page.rev };
        this.#before = page.next ?? undefined;
        this.#lastFetchMs = this.#deps.clock.nowMs();
        this.state.set({
          ...{ phase: 'ready', events, floor: page.floor, isAtNewest: true },
          older: page.next === null ? 'none' : 'more',
          added: this.state.get().added,
          missed,
        });
        this.#wake();
      },
      (error: unknown) => {
        if (this.#fetch !== fetch) return;
        this.state.set({ ...NOTHING, phase: 'failed', code: asAppError(error).code });
      },
    );
  }

  loadOlder(): void {
    const state = this.state.get();
    const fetch = this.#fetch;
    if (!fetch || state.older !== 'more' || state.phase !== 'ready') return;
    this.state.set({ ...state, older: 'loading', olderCode: undefined });
    void this.#older(this.#before, fetch.signal).then(
      ({ events, page }) => {
        if (this.#fetch !== fetch) return;
        if (page.recovered) this.#addOlder(events, page);
        else this.load(page.reason);
      },
      (error: unknown) => {
        if (this.#fetch !== fetch) return;
        const olderCode = asAppError(error).code;
        this.state.set({ ...this.state.get(), older: 'more', olderCode });
      },
    );
  }

  /** Until there is a page to show: where few events fit, the hub looks through many for each answer. */
  async #older(
    from: number | undefined,
    signal: AbortSignal,
  ): Promise<{ events: SiteEvent[]; page: SiteEventsPage }> {
    const events: SiteEvent[] = [];
    let before = from;
    let epoch = before === undefined ? undefined : this.#head?.epoch;
    for (let pages = 1; ; pages += 1) {
      const page = await this.#deps.fetchPage(
        {
          ...this.#deps.filter,
          limit: this.#pageSize,
          ...(before === undefined ? {} : { before }),
          ...(epoch === undefined ? {} : { epoch }),
        },
        signal,
      );
      events.push(...page.events);
      const isEnough = events.length >= this.#pageSize / 2 || pages >= MAX_PAGES;
      if (!page.recovered || page.next === null || isEnough) return { events, page };
      before = page.next;
      epoch = page.epoch;
    }
  }

  #addOlder(older: readonly SiteEvent[], page: SiteEventsPage): void {
    const state = this.state.get();
    const events = [...state.events, ...older];
    const isTooMany = events.length > this.#maxEvents;
    this.#before = page.next ?? undefined;
    this.state.set({
      ...state,
      events: isTooMany ? events.slice(-this.#maxEvents) : events,
      floor: page.floor,
      older: page.next === null ? 'none' : 'more',
      isAtNewest: state.isAtNewest && !isTooMany,
    });
  }

  #wake(): void {
    const position = this.#deps.position.get();
    const head = this.#head;
    const isNews =
      position !== undefined &&
      head !== undefined &&
      (position.epoch !== head.epoch || position.rev > head.rev);
    if (!isNews || !this.state.get().isAtNewest) return;
    if (this.#isFetchingNew || this.#cancelNext || !this.#fetch) return;
    const waitMs = this.#lastFetchMs + PAUSE_MS - this.#deps.clock.nowMs();
    if (waitMs > 0) this.#later(waitMs);
    else void this.#fetchNew(this.#fetch);
  }

  #later(delayMs: number): void {
    this.#cancelNext = this.#deps.clock.after(delayMs, () => {
      this.#cancelNext = undefined;
      this.#wake();
    });
  }

  async #fetchNew(fetch: AbortController): Promise<void> {
    this.#isFetchingNew = true;
    this.#lastFetchMs = this.#deps.clock.nowMs();
    try {
      await this.#catchUp(fetch);
      this.#failures = 0;
    } catch (error) {
      if (this.#fetch !== fetch) return;
      const failure = asAppError(error);
      this.state.set({ ...this.state.get(), behind: failure.code });
      const delayMs = retryAfterMsOf(failure) + fullJitter(this.#failures, this.#deps.random);
      this.#failures += 1;
      this.#later(Math.max(PAUSE_MS, delayMs));
    } finally {
      if (this.#fetch === fetch) {
        this.#isFetchingNew = false;
        this.#wake();
      }
    }
  }

  /** If more is missing than is kept anyway, the list starts over. */
  async #catchUp(fetch: AbortController): Promise<void> {
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const head = this.#head;
      if (!head) return;
      const { epoch, rev: after } = head;
      const { filter } = this.#deps;
      const page = await this.#deps.fetchPage(
        { ...filter, epoch, after, limit: this.#pageSize },
        fetch.signal,
      );
      if (this.#fetch !== fetch) return;
      if (!page.recovered) {
        this.load(page.reason);
        return;
      }
      this.#head = { epoch, rev: page.next ?? page.rev };
      this.#addNew(page.events, page.floor);
      if (page.next === null) return;
    }
    this.load();
  }

  #addNew(added: readonly SiteEvent[], floor: number): void {
    const state = { ...this.state.get(), behind: undefined };
    if (!state.isAtNewest) return;
    const events = [...added.toReversed(), ...state.events];
    const kept = events.slice(0, this.#maxEvents);
    const isTooMany = events.length > kept.length;
    if (isTooMany) this.#before = kept.at(-1)?.rev;
    this.state.set({
      ...state,
      events: added.length === 0 ? state.events : kept,
      floor,
      older: isTooMany && state.older === 'none' ? 'more' : state.older,
      added: state.added + added.length,
    });
  }
}
