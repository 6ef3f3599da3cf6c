import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { AppError } from '#protocol/errors.ts';
import type { SiteEvent, SiteEventType } from '#protocol/events/site-event.ts';
import type { ConsumerLag } from '#protocol/http/metrics.ts';
import type { HubId, SiteId } from '#protocol/ids.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import { WRITERS } from '../store/writers.ts';
import {
  type ConsumerAt,
  claimWork,
  clearDirty,
  cursorOf,
  dirtySites,
  lagOf,
  markBehind,
  markBehindIn,
  putCursor,
  type EventCursor,
} from '../store/event-cursors.ts';
import type { Db, Tx } from '../store/schema.ts';
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
  /** Where it can be behind at the start; default: in every site. */
  readonly sites?: () => readonly SiteId[];
  /** If this throws, the same batch is retried after a delay; other sites do not wait for it. */
  readonly handle: (batch: EventBatch) => Promise<void>;
}

export interface EventConsumersDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  /** Of this run. */
  readonly hubId: HubId;
  /** Other hubs may do the same work: each site of a consumer is done by one at a time. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const BATCH = 100;
/** Sites that are read from the database at once. */
const SITES = 50;
/** What another hub had claimed when it stopped is found this late. */
const SHARED_LOOK_MS = 5_000;
/** Failing sites that are remembered; beyond that the oldest is retried at the next look. */
const MAX_FAILING = 1_000;
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

interface Failing {
  readonly failures: number;
  /** By the monotonic clock. */
  readonly retryAtMs: number;
}

/** One consumer and its turn: it never waits for another. */
class Follower {
  readonly #deps: EventConsumersDeps;
  readonly #consumer: EventConsumer;
  #running: Promise<void> | undefined;
  #isWoken = false;
  /** Looks that failed, one after the other. */
  #failures = 0;
  /** Sites whose batch was not handled. */
  readonly #failing = new Map<SiteId, Failing>();
  #cancelRetry: CancelTimer | undefined;
  #cancelLook: CancelTimer | undefined;
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
    const { name, sites } = this.#consumer;
    await this.#deps.unitOfWork.run(
      ({ tx }) => (sites ? markBehindIn(tx, name, sites()) : markBehind(tx, name)),
      WRITERS.hub,
    );
    this.wake();
    if (this.#deps.isShared) this.#armLook();
  }

  wake(): void {
    this.#isWoken = true;
    // Where nothing could be read, the next event makes no difference.
    if (this.#isClosed || this.#running || this.#failures > 0) return;
    this.#go();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelLook?.();
    await this.#running;
  }

  #armLook(): void {
    this.#cancelLook = this.#deps.clock.after(SHARED_LOOK_MS, () => {
      this.wake();
      this.#armLook();
    });
  }

  get #at(): ConsumerAt {
    return { consumer: this.#consumer.name, hub: this.#deps.hubId };
  }

  #go(): void {
    if (this.#isClosed || this.#running) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isWoken) this.wake();
    });
  }

  async #run(): Promise<void> {
    try {
      this.#isWoken = false;
      await this.#allSites();
      this.#failures = 0;
      this.#armRetry();
    } catch (error) {
      // Nothing can be read: no site is to blame.
      const delayMs = delayOf(this.#failures);
      this.#failures += 1;
      const { name: consumer } = this.#consumer;
      this.#deps.log.warn({ err: error, consumer, delayMs }, 'events not read, retry scheduled');
      this.#retryIn(delayMs);
    }
  }

  #armRetry(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    let nextMs = Infinity;
    for (const [site, { retryAtMs }] of this.#failing) {
      // It was due, and is no longer this hub's work.
      if (retryAtMs <= nowMs) this.#failing.delete(site);
      else nextMs = Math.min(nextMs, retryAtMs);
    }
    if (nextMs !== Infinity) this.#retryIn(nextMs - nowMs);
  }

  async #allSites(): Promise<void> {
    const { db, clock } = this.#deps;
    let after: SiteId | undefined;
    while (!this.#isClosed) {
      const sites = await dirtySites(db, this.#at, { after, limit: SITES });
      for (const site of sites) {
        if ((this.#failing.get(site)?.retryAtMs ?? 0) > clock.monotonicMs()) continue;
        try {
          await this.#bringOn(site);
          this.#failing.delete(site);
        } catch (error) {
          this.#failed(site, error);
        }
      }
      if (sites.length < SITES) return;
      after = sites.at(-1);
    }
  }

  /** Other sites do not wait for it. */
  #failed(site: SiteId, error: unknown): void {
    const { log, clock } = this.#deps;
    const failures = this.#failing.get(site)?.failures ?? 0;
    const delayMs = delayOf(failures);
    const fields = { err: error, consumer: this.#consumer.name, siteId: site, delayMs };
    log.warn(fields, 'events not handled, retry scheduled');
    this.#failing.delete(site);
    this.#failing.set(site, { failures: failures + 1, retryAtMs: clock.monotonicMs() + delayMs });
    const [oldest] = this.#failing.keys();
    if (this.#failing.size > MAX_FAILING && oldest !== undefined) this.#failing.delete(oldest);
  }

  #retryIn(delayMs: number): void {
    this.#cancelRetry?.();
    if (this.#isClosed) return;
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      this.#go();
    });
  }

  async #bringOn(site: SiteId): Promise<void> {
    const { db, unitOfWork, isShared } = this.#deps;
    const { name, wants, handle } = this.#consumer;
    const claim = async (tx: Tx): Promise<boolean> => !isShared || claimWork(tx, this.#at, site);
    if (isShared && !(await unitOfWork.run(({ tx }) => claim(tx), WRITERS.hub))) return;
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
      const isDone = await unitOfWork.run(async ({ tx, hold }) => {
        await hold({ site });
        // The other hubs considered this one dead meanwhile: one of them handles the batch again.
        if (!(await claim(tx))) return true;
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

function delayOf(failures: number): number {
  return Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** failures);
}
