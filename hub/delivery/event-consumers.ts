import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { AppError } from '#protocol/errors.ts';
import type { SiteEvent, SiteEventType } from '#protocol/events/site-event.ts';
import type { ConsumerLag } from '#protocol/http/metrics.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import { WRITERS } from '../store/writers.ts';
import {
  clearDirty,
  cursorOf,
  dirtySites,
  lagOf,
  markBehind,
  putCursor,
  type EventCursor,
} from '../store/event-cursors.ts';
import type { Db } from '../store/schema.ts';
import { siteEventsAfter, sitePosition } from '../store/site-events.ts';
import type { EventInterests, UnitOfWork } from '../store/unit-of-work.ts';
import { LagWatch } from './lag-watch.ts';

/** What a consumer is given of one site, in the order of the revisions. */
export interface EventBatch {
  readonly site: SiteId;
  /** Events that interest it; each comes at least once, and (site, epoch, rev) names it. */
  readonly events: readonly SiteEvent[];
  /** Revisions that are no longer kept, where it was away for too long. */
  readonly missed: { readonly from: number; readonly to: number } | undefined;
}

export interface EventConsumer {
  /** Names its cursors for good. */
  readonly name: string;
  readonly wants: (siteId: SiteId, type: SiteEventType) => boolean;
  /** If this throws, the same batch is retried after a delay. */
  readonly handle: (batch: EventBatch) => Promise<void>;
}

export interface EventConsumersDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const BATCH = 100;
/** Sites of one consumer that are looked at between two looks for more. */
const SITES = 50;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/**
 * Registers consumers of the events, each with its own cursor, and delivers to each
 * independently.
 */
export class EventConsumers implements OutcomeFollower, EventInterests {
  readonly #deps: EventConsumersDeps;
  readonly #followers = new Map<string, Follower>();
  readonly #lagWatch: LagWatch;

  constructor(deps: EventConsumersDeps) {
    this.#deps = deps;
    this.#lagWatch = new LagWatch({ ...deps, lag: () => this.lag() });
  }

  /** Before the start. */
  register(consumer: EventConsumer): void {
    if (this.#followers.has(consumer.name)) throw new AppError('internal');
    this.#followers.set(consumer.name, new Follower(this.#deps, consumer));
  }

  readonly of = (siteId: SiteId, type: SiteEventType): readonly string[] => {
    const interested: string[] = [];
    for (const [name, follower] of this.#followers)
      if (follower.wants(siteId, type)) interested.push(name);
    return interested;
  };

  readonly committed = ({ dirty }: Outcome): void => {
    for (const name of dirty) this.#followers.get(name)?.wake();
  };

  /** Each looks whether it has something to do. */
  wake(): void {
    for (const follower of this.#followers.values()) follower.wake();
  }

  async start(): Promise<void> {
    for (const follower of this.#followers.values()) await follower.start();
    this.#lagWatch.start();
  }

  /** How far each consumer is behind, as the store has it: read anew at each call. */
  async lag(): Promise<ConsumerLag[]> {
    const { db, clock } = this.#deps;
    const lags: ConsumerLag[] = [];
    for (const name of this.#followers.keys()) {
      const { events, sinceMs } = await lagOf(db, name);
      const nowMs = clock.nowMs();
      lags.push({ name, events, seconds: Math.max(0, nowMs - (sinceMs ?? nowMs)) / 1_000 });
    }
    return lags;
  }

  async close(): Promise<void> {
    this.#lagWatch.close();
    for (const follower of this.#followers.values()) await follower.close();
  }
}

/** One consumer and its turn: it never waits for another. */
class Follower {
  readonly #deps: EventConsumersDeps;
  readonly #consumer: EventConsumer;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #failures = 0;
  #cancelRetry: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: EventConsumersDeps, consumer: EventConsumer) {
    this.#deps = deps;
    this.#consumer = consumer;
  }

  wants(siteId: SiteId, type: SiteEventType): boolean {
    return this.#consumer.wants(siteId, type);
  }

  /** Also where a mark was never made: a cursor that is behind is mark enough. */
  async start(): Promise<void> {
    const { name } = this.#consumer;
    await this.#deps.unitOfWork.run(({ tx }) => markBehind(tx, name), WRITERS.hub);
    this.wake();
  }

  wake(): void {
    this.#isWoken = true;
    if (this.#isClosed || this.#running || this.#cancelRetry) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWoken && !this.#cancelRetry) this.wake();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { db, log, clock } = this.#deps;
    const { name } = this.#consumer;
    try {
      while (!this.#isClosed) {
        this.#isWoken = false;
        const sites = await dirtySites(db, name, SITES);
        if (sites.length === 0) break;
        for (const site of sites) await this.#bringOn(site);
      }
      this.#failures = 0;
    } catch (error) {
      const delayMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** this.#failures);
      this.#failures += 1;
      log.warn({ err: error, consumer: name, delayMs }, 'events not handled, retry scheduled');
      if (this.#isClosed) return;
      this.#cancelRetry = clock.after(delayMs, () => {
        this.#cancelRetry = undefined;
        this.wake();
      });
    }
  }

  async #bringOn(site: SiteId): Promise<void> {
    const { db } = this.#deps;
    const { name, wants, handle } = this.#consumer;
    while (!this.#isClosed) {
      const position = await sitePosition(db, site);
      const cursor = await cursorOf(db, name, site);
      if (!position) return;
      // In the same database as the events, so both are restored together: a new epoch renames the
      // events and moves no cursor. A new consumer begins with the oldest kept event.
      const stands = cursor?.rev ?? position.floor;
      const from = Math.max(stands, position.floor);
      const missed = from > stands ? { from: stands + 1, to: from } : undefined;
      const range = { after: from, upTo: position.rev, limit: BATCH };
      const of = { site, epoch: position.epoch };
      const { events, end: rev } = await siteEventsAfter(db, of, range);
      const wanted = events.filter(({ type }) => wants(site, type));
      if (wanted.length > 0 || missed) await handle({ site, events: wanted, missed });
      const next: EventCursor = { site, epoch: position.epoch, rev };
      // The mark goes only where nothing came meanwhile, in the transaction that looks.
      const isDone = await this.#deps.unitOfWork.run(async ({ tx, hold }) => {
        await hold({ site });
        await putCursor(tx, name, next);
        const now = await sitePosition(tx, site);
        if (now && (now.rev !== rev || now.epoch !== next.epoch)) return false;
        await clearDirty(tx, name, site);
        return true;
      }, WRITERS.hub);
      if (isDone) return;
    }
  }
}
