import type { Logger } from 'pino';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteDelta, SitePart } from '#protocol/hub-link/site-channel.ts';
import type { Epoch, SiteId, UnitId } from '#protocol/ids.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import type { Publisher } from '../kernel/publisher.ts';
import { type ChangedThings, changedThings } from './changed-things.ts';
import type { SiteParts } from './site-parts.ts';

/** Events of a site that are stored, in order. */
export interface StoredEvents {
  readonly between: (
    site: SiteId,
    range: { readonly epoch: Epoch; readonly after: number; readonly upTo: number },
  ) => Promise<readonly SiteEvent[]>;
}

export interface SiteChannelDeps {
  readonly stored: StoredEvents;
  readonly parts: Pick<SiteParts, 'of'>;
  readonly publisher: Publisher;
  readonly log: Logger;
}

/** Up to where the events of a site are published, as long as somebody watches it. */
interface Published {
  readonly epoch: Epoch;
  readonly rev: number;
}

/** What one commit means to the watchers of one site. */
interface SiteOutcome {
  readonly events: SiteEvent[];
  readonly live: SitePart[];
  readonly values: Set<UnitId>;
  readings: number | undefined;
}

/** Parts in one message: with the longest descriptions it stays well below what a socket may hold back. */
const PARTS_PER_DELTA = 20;
/**
 * Commits of one site whose deltas wait for a read. Beyond this nothing is published:
 * watchers notice the gap at the next place, and resume.
 */
const MAX_WAITING = 1_000;
/** Missing events that are read and published; where more are missing, watchers resume. */
const MAX_FILLED = 200;

/**
 * The first follower of the stream of events: shows each commit to those who watch its
 * site, in the order of the commits. Has no cursor: who misses something resumes.
 */
export class SiteChannel implements OutcomeFollower {
  readonly #deps: SiteChannelDeps;
  readonly #waiting = new Map<SiteId, SiteOutcome[]>();
  readonly #published = new Map<SiteId, Published>();

  constructor(deps: SiteChannelDeps) {
    this.#deps = deps;
  }

  readonly committed = (outcome: Outcome): void => {
    for (const [siteId, said] of bySite(outcome)) {
      if (this.#deps.publisher.isWatched(siteId)) this.#enqueue(siteId, said);
      else this.#published.delete(siteId);
    }
  };

  #enqueue(siteId: SiteId, said: SiteOutcome): void {
    const waiting = this.#waiting.get(siteId);
    if (waiting && waiting.length >= MAX_WAITING) return;
    if (waiting) {
      waiting.push(said);
      return;
    }
    // Usually there is nothing to read, and no wait.
    const isNext = this.#isNext(siteId, said.events);
    if (isNext && !needsReading(changedThings(said.events), said.values)) {
      this.#publish(siteId, said, said.live);
      return;
    }
    this.#waiting.set(siteId, [said]);
    void this.#drain(siteId);
  }

  async #drain(siteId: SiteId): Promise<void> {
    const waiting = this.#waiting.get(siteId) ?? [];
    for (let next = waiting[0]; next; next = waiting[0]) {
      try {
        const said = { ...next, events: await this.#unpublished(siteId, next.events) };
        const parts = await this.#deps.parts.of(changedThings(said.events), said.values);
        this.#publish(siteId, said, [...said.live, ...parts]);
      } catch (error) {
        this.#deps.log.error({ err: error, siteId }, 'change not published');
      }
      waiting.shift();
    }
    this.#waiting.delete(siteId);
  }

  /** Whether these events follow directly on those published; the first ever do. */
  #isNext(siteId: SiteId, events: readonly SiteEvent[]): boolean {
    const [first] = events;
    const published = this.#published.get(siteId);
    if (!first || published?.epoch !== first.epoch) return true;
    return first.rev === published.rev + 1;
  }

  /**
   * Those of the events that are not published yet, after the ones missing before them.
   * Commits on several connections can be heard of in another order than their revisions.
   */
  async #unpublished(siteId: SiteId, events: readonly SiteEvent[]): Promise<SiteEvent[]> {
    const published = this.#published.get(siteId);
    if (!published) return [...events];
    const isFresh = ({ epoch, rev }: SiteEvent): boolean =>
      epoch !== published.epoch || rev > published.rev;
    const fresh = events.filter(isFresh);
    const [first] = fresh;
    if (!first || this.#isNext(siteId, fresh)) return fresh;
    const range = { epoch: first.epoch, after: published.rev, upTo: first.rev - 1 };
    // Watchers notice the gap at the next place, and resume.
    if (range.upTo - range.after > MAX_FILLED) return fresh;
    return [...(await this.#deps.stored.between(siteId, range)), ...fresh];
  }

  #publish(siteId: SiteId, said: SiteOutcome, parts: readonly SitePart[]): void {
    const { publisher } = this.#deps;
    const newest = said.events.at(-1);
    if (newest) this.#published.set(siteId, { epoch: newest.epoch, rev: newest.rev });
    const chunks: SitePart[][] = [];
    for (let start = 0; start < parts.length; start += PARTS_PER_DELTA) {
      chunks.push(parts.slice(start, start + PARTS_PER_DELTA));
    }
    const last = chunks.pop() ?? [];
    // The last alone moves on: who is cut off in between gets all of them again.
    for (const chunk of chunks) publisher.publish(siteId, { parts: chunk });
    const delta: SiteDelta = {
      ...placeOf(said.events),
      ...(said.readings === undefined ? {} : { readings: said.readings }),
      parts: last,
    };
    publisher.publish(siteId, delta);
  }
}

function needsReading(things: ChangedThings, values: ReadonlySet<UnitId>): boolean {
  const { units, removedUnits, bases, removedBases, rollouts } = things;
  return [units, removedUnits, bases, removedBases, rollouts, values].some(({ size }) => size > 0);
}

function placeOf(events: readonly SiteEvent[]): Pick<SiteDelta, 'place'> {
  const first = events.at(0);
  const last = events.at(-1);
  if (!first || !last) return {};
  return { place: { epoch: last.epoch, after: first.rev - 1, rev: last.rev } };
}

function bySite({ events, live, changedValues, readings }: Outcome): Map<SiteId, SiteOutcome> {
  const sites = new Map<SiteId, SiteOutcome>();
  const of = (siteId: SiteId): SiteOutcome => {
    const known = sites.get(siteId);
    if (known) return known;
    const fresh = { events: [], live: [], values: new Set<UnitId>(), readings: undefined };
    sites.set(siteId, fresh);
    return fresh;
  };
  for (const event of events) of(event.site).events.push(event);
  for (const { siteId, part } of live) of(siteId).live.push(part);
  for (const [unitId, siteId] of changedValues) of(siteId).values.add(unitId);
  for (const [siteId, position] of readings) of(siteId).readings = position;
  return sites;
}
