import type { Logger } from 'pino';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteDelta, SitePart } from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { inChunks } from '#platform/in-chunks.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import type { Publisher } from '../kernel/publisher.ts';
import { type ChangedThings, changedThings } from './changed-things.ts';
import type { SiteParts } from './site-parts.ts';
import type { SiteResume } from './site-resume.ts';

export interface SiteChannelDeps {
  readonly parts: Pick<SiteParts, 'of'>;
  readonly resume: Pick<SiteResume, 'position' | 'after'>;
  readonly publisher: Publisher;
  readonly log: Logger;
}

/** Up to where a site is published, as long as somebody watches it. */
type Published = SiteCursor;

/** A look for what was stored unheard. */
const LOOK = 'look';

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

/**
 * The first follower of the stream of events: shows each commit to those who watch its
 * site, in the order of the commits. Has no cursor: who misses something resumes.
 */
export class SiteChannel implements OutcomeFollower {
  readonly #deps: SiteChannelDeps;
  readonly #waiting = new Map<SiteId, (SiteOutcome | typeof LOOK)[]>();
  readonly #published = new Map<SiteId, Published>();
  #began: ((siteId: SiteId) => void) | undefined;
  #failed: (() => void) | undefined;

  constructor(deps: SiteChannelDeps) {
    this.#deps = deps;
  }

  /** Before the start: called when the first client begins to watch a site. */
  onBegin(listener: (siteId: SiteId) => void): void {
    this.#began = listener;
  }

  /** Before the start: called when something could not be read, and so was not published. */
  onFailure(listener: () => void): void {
    this.#failed = listener;
  }

  /** A client is in the channel, and knows the site as of this place. */
  readonly begin = (siteId: SiteId, place: SiteCursor): void => {
    if (this.#published.has(siteId)) return;
    this.#published.set(siteId, place);
    this.#began?.(siteId);
  };

  /** Publishes what was stored meanwhile at another hub. */
  look(siteId: SiteId): void {
    if (this.#published.has(siteId)) this.#wait(siteId, LOOK);
  }

  readonly committed = (outcome: Outcome): void => {
    for (const [siteId, said] of bySite(outcome)) {
      if (this.#deps.publisher.isWatched(siteId)) this.#enqueue(siteId, said);
      else this.#published.delete(siteId);
    }
  };

  #enqueue(siteId: SiteId, said: SiteOutcome): void {
    // Usually there is nothing to read, and no wait.
    const isNext = !this.#waiting.has(siteId) && this.#isNext(siteId, said.events);
    if (isNext && !needsReading(changedThings(said.events), said.values)) {
      this.#publish(siteId, said, said.live);
    } else {
      this.#wait(siteId, said);
    }
  }

  #wait(siteId: SiteId, said: SiteOutcome | typeof LOOK): void {
    const waiting = this.#waiting.get(siteId);
    if (!waiting) {
      this.#waiting.set(siteId, [said]);
      void this.#drain(siteId);
    } else if (waiting.length < MAX_WAITING && !(said === LOOK && waiting.includes(LOOK, 1))) {
      waiting.push(said);
    }
  }

  async #drain(siteId: SiteId): Promise<void> {
    const waiting = this.#waiting.get(siteId) ?? [];
    for (let next = waiting[0]; next; next = waiting[0]) {
      try {
        await (next === LOOK ? this.#look(siteId) : this.#read(siteId, next));
      } catch (error) {
        this.#deps.log.error({ err: error, siteId }, 'change not published');
        this.#failed?.();
      }
      waiting.shift();
    }
    this.#waiting.delete(siteId);
  }

  async #read(siteId: SiteId, outcome: SiteOutcome): Promise<void> {
    // Commits on several connections can be heard of in another order than their revisions,
    // and of what another hub stored only its events are there.
    if (!this.#isNext(siteId, this.#fresh(siteId, outcome.events))) await this.#look(siteId);
    const said = { ...outcome, events: this.#fresh(siteId, outcome.events) };
    const parts = await this.#deps.parts.of(changedThings(said.events), said.values);
    this.#publish(siteId, said, [...said.live, ...parts]);
  }

  /** As a client resumes; where that is impossible, the gap makes the clients resume. */
  async #look(siteId: SiteId): Promise<void> {
    const { resume, publisher } = this.#deps;
    const published = this.#published.get(siteId);
    if (!published || !publisher.isWatched(siteId)) return;
    const position = await resume.position(siteId);
    const { epoch, rev, readings } = position;
    const isThere = epoch === published.epoch && rev === published.rev;
    if (isThere && readings === published.readings) return;
    const resumed = await resume.after(siteId, position, published);
    this.#published.set(siteId, { epoch, rev, readings });
    const parts = resumed.recovered ? resumed.parts : [];
    const after = resumed.recovered ? published.rev : rev;
    const place = isThere || rev === 0 ? {} : { place: { epoch, after, rev } };
    this.#send(siteId, parts, { ...place, readings });
  }

  /** Whether these events follow directly on those published; the first ever do. */
  #isNext(siteId: SiteId, events: readonly SiteEvent[]): boolean {
    const [first] = events;
    const published = this.#published.get(siteId);
    if (!first || published?.epoch !== first.epoch) return true;
    return first.rev === published.rev + 1;
  }

  /** Those of the events that are not published yet. */
  #fresh(siteId: SiteId, events: readonly SiteEvent[]): SiteEvent[] {
    const published = this.#published.get(siteId);
    if (!published) return [...events];
    return events.filter(({ epoch, rev }) => epoch !== published.epoch || rev > published.rev);
  }

  #publish(siteId: SiteId, said: SiteOutcome, parts: readonly SitePart[]): void {
    this.#advance(siteId, said);
    const readings = said.readings === undefined ? {} : { readings: said.readings };
    if (said.events.length === 0 && parts.length === 0 && said.readings === undefined) return;
    this.#send(siteId, parts, { ...placeOf(said.events), ...readings });
  }

  #advance(siteId: SiteId, { events, readings = 0 }: SiteOutcome): void {
    const published = this.#published.get(siteId);
    const newest = events.at(-1) ?? published;
    if (!newest) return;
    const { epoch, rev } = newest;
    const known = Math.max(published?.readings ?? 0, readings);
    this.#published.set(siteId, { epoch, rev, readings: known });
  }

  #send(siteId: SiteId, parts: readonly SitePart[], moves: Omit<SiteDelta, 'parts'>): void {
    const { publisher } = this.#deps;
    const chunks = [...inChunks(parts, PARTS_PER_DELTA)];
    const last = chunks.pop() ?? [];
    // The last alone moves on: who is cut off in between gets all of them again.
    for (const chunk of chunks) publisher.publish(siteId, { parts: chunk });
    publisher.publish(siteId, { ...moves, parts: last });
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
