import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import type { Epoch, SiteId } from '#protocol/ids.ts';
import { fitsFilter } from './event-filter.ts';
import { type EventPages, filterOf } from './event-pages.ts';

/**
 * The newest events of one site, cached for all followers. A follower further behind
 * reads the database itself.
 */
const MAX_EVENTS = 200;
const MAX_BYTES = 64 * 1024;

interface Kept {
  readonly event: SiteEvent;
  readonly bytes: number;
}

interface Tail {
  /** Streams of the site. */
  followers: number;
  /** How often something was stored in the site meanwhile. */
  stored: number;
  reading: Promise<void> | undefined;
  /** Undefined until a follower has reached the end. */
  state: TailState | undefined;
}

interface TailState {
  readonly epoch: Epoch;
  /** {@link Tail.stored} as of before the last read began: later events may be missing. */
  upToDateAt: number;
  /** All events after this, up to `rev`, are kept. */
  from: number;
  rev: number;
  readings: number;
  floor: number;
  bytes: number;
  readonly kept: Kept[];
}

/**
 * The end of each site's events, read once for all streams that follow it, whatever
 * their filters.
 */
export class SharedTails {
  readonly #pages: Pick<EventPages, 'page'>;
  readonly #tails = new Map<SiteId, Tail>();

  constructor(deps: { readonly pages: Pick<EventPages, 'page'> }) {
    this.#pages = deps.pages;
  }

  /** Sites of which the end is kept. */
  get size(): number {
    return this.#tails.size;
  }

  /** Cached as long as someone follows the site. @returns a function that ends it, once. */
  follow(site: SiteId): () => void {
    const tail = this.#tails.get(site) ?? newTail();
    this.#tails.set(site, tail);
    tail.followers += 1;
    return () => {
      tail.followers -= 1;
      if (tail.followers === 0) this.#tails.delete(site);
    };
  }

  /** Something was stored in this site. */
  stored(site: SiteId): void {
    const tail = this.#tails.get(site);
    if (tail) tail.stored += 1;
  }

  /** As {@link EventPages.page}; from the cache if it covers the query. */
  async page(site: SiteId, query: SiteEventsQuery): Promise<SiteEventsPage> {
    const tail = this.#tails.get(site);
    const { after } = query;
    if (!tail || after === undefined) return await this.#pages.page(site, query);
    if (tail.state && covers(tail.state, query)) {
      await this.#refresh(site, tail);
      // The cache may meanwhile have shrunk, or be of another epoch.
      const now = this.#tails.get(site)?.state;
      if (now && covers(now, query)) return answerOf(now, { ...query, after });
    }
    const upToDateAt = tail.stored;
    const page = await this.#pages.page(site, query);
    if (!tail.state && page.recovered && page.next === null) {
      const { epoch, rev, readings, floor } = page;
      tail.state = { epoch, upToDateAt, from: rev, rev, readings, floor, bytes: 0, kept: [] };
    }
    return page;
  }

  /** Reads newer events, once for all concurrent callers. */
  async #refresh(site: SiteId, tail: Tail): Promise<void> {
    while (tail.state && tail.state.upToDateAt !== tail.stored) {
      tail.reading ??= this.#read(site, tail, tail.state).finally(() => {
        tail.reading = undefined;
      });
      await tail.reading;
    }
  }

  async #read(site: SiteId, tail: Tail, state: TailState): Promise<void> {
    const upToDateAt = tail.stored;
    const { epoch, rev: after } = state;
    const page = await this.#pages.page(site, { epoch, after, limit: MAX_EVENTS });
    if (!page.recovered) {
      // Each stream reads from the database why it cannot continue.
      tail.state = undefined;
      return;
    }
    state.rev = page.next ?? page.rev;
    state.readings = page.readings;
    state.floor = page.floor;
    for (const event of page.events) keep(state, event);
    if (page.next === null) state.upToDateAt = upToDateAt;
  }
}

function newTail(): Tail {
  return { followers: 0, stored: 0, reading: undefined, state: undefined };
}

function covers(state: TailState, { epoch, after = -1 }: SiteEventsQuery): boolean {
  return (epoch ?? state.epoch) === state.epoch && after >= state.from && after <= state.rev;
}

/** The oldest go first: who has not come so far reads them from the database. */
function keep(state: TailState, event: SiteEvent): void {
  const bytes = JSON.stringify(event).length;
  state.kept.push({ event, bytes });
  state.bytes += bytes;
  while (state.kept.length > MAX_EVENTS || state.bytes > MAX_BYTES) {
    const oldest = state.kept.shift();
    if (!oldest) return;
    state.bytes -= oldest.bytes;
    state.from = oldest.event.rev;
  }
}

function answerOf(
  { epoch, rev, readings, floor, kept }: TailState,
  query: SiteEventsQuery & { readonly after: number },
): SiteEventsPage {
  const filter = filterOf(query);
  const found = kept
    .map(({ event }) => event)
    .filter((event) => event.rev > query.after && fitsFilter(event, filter));
  const events = found.slice(0, query.limit);
  const next = found.length > events.length ? (events.at(-1)?.rev ?? null) : null;
  return { epoch, rev, readings, floor, recovered: true, events, next };
}
