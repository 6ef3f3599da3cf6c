import type { Logger } from 'pino';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteDelta, SitePart } from '#protocol/hub-link/site-channel.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import type { Publisher } from '../kernel/publisher.ts';
import { type ChangedThings, changedThings } from './changed-things.ts';
import type { SiteParts } from './site-parts.ts';

export interface SiteChannelDeps {
  readonly parts: SiteParts;
  readonly publisher: Publisher;
  readonly log: Logger;
}

/** One commit whose parts are not read yet. */
interface Waiting {
  readonly said: SiteOutcome;
  readonly things: ChangedThings;
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

/**
 * The first follower of the stream of events: shows each commit to those who watch its
 * site, in the order of the commits. Has no cursor: who misses something resumes.
 */
export class SiteChannel implements OutcomeFollower {
  readonly #deps: SiteChannelDeps;
  readonly #waiting = new Map<SiteId, Waiting[]>();

  constructor(deps: SiteChannelDeps) {
    this.#deps = deps;
  }

  readonly committed = (outcome: Outcome): void => {
    for (const [siteId, said] of bySite(outcome)) {
      if (this.#deps.publisher.isWatched(siteId)) this.#enqueue(siteId, said);
    }
  };

  #enqueue(siteId: SiteId, said: SiteOutcome): void {
    const waiting = this.#waiting.get(siteId);
    if (waiting && waiting.length >= MAX_WAITING) return;
    const things = changedThings(said.events);
    if (waiting) {
      waiting.push({ said, things });
      return;
    }
    // Usually there is nothing to read, and no wait.
    if (!needsReading(things, said.values)) {
      this.#publish(siteId, said, said.live);
      return;
    }
    this.#waiting.set(siteId, [{ said, things }]);
    void this.#drain(siteId);
  }

  async #drain(siteId: SiteId): Promise<void> {
    const waiting = this.#waiting.get(siteId) ?? [];
    for (let next = waiting[0]; next; next = waiting[0]) {
      const { said, things } = next;
      try {
        const parts = await this.#deps.parts.of(things, said.values);
        this.#publish(siteId, said, [...said.live, ...parts]);
      } catch (error) {
        this.#deps.log.error({ err: error, siteId }, 'change not published');
      }
      waiting.shift();
    }
    this.#waiting.delete(siteId);
  }

  #publish(siteId: SiteId, said: SiteOutcome, parts: readonly SitePart[]): void {
    const { publisher } = this.#deps;
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
