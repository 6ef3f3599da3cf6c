import type { Logger } from 'pino';
import type { HubId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import type { DatabaseClock } from '../../kernel/database-clock.ts';
import {
  dropAllHubs,
  dropExpiredHubs,
  dropHub,
  hubsOnRecord,
  putHub,
  renewHub,
} from '../../store/hubs.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';

export interface HubLeaseDeps {
  /** Of this run. */
  readonly hubId: HubId;
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Other hubs may run on the same database. */
  readonly isShared: boolean;
  readonly times?: LeaseTimes;
  /** Is handed each time that the database says. */
  readonly databaseClock?: Pick<DatabaseClock, 'compare'> | undefined;
}

export interface LeaseTimes {
  readonly leaseMs: number;
  readonly renewEveryMs: number;
}

/** A hub that has not renewed for so long counts as dead. */
export const LEASE_TIMES: LeaseTimes = { leaseMs: 5_000, renewEveryMs: 1_000 };

/** What belongs to hubs in the database, and what becomes of it. */
export interface LeaseHolder {
  /** No other hub is on record: nothing of what hubs have noted of themselves holds. */
  readonly beganAlone: (work: Work) => Promise<void>;
  /** Hubs are no longer on record: others may have what was theirs. */
  readonly hubsGone: (work: Work) => Promise<void>;
}

/**
 * This run of the hub on record, among the others on the same database. Time is the
 * database's. A hub that stops renewing loses what it has; when it comes back, it begins
 * again, as if it had just started.
 */
export class HubLease {
  readonly id: HubId;
  readonly #deps: HubLeaseDeps;
  readonly #times: LeaseTimes;
  readonly #holders: LeaseHolder[] = [];
  readonly #lapsed: (() => void)[] = [];
  #beganAlone = true;
  #peers: readonly HubId[] = [];
  #cancelTimer: CancelTimer | undefined;
  #renewing: Promise<void> | undefined;
  /** When the last renewal that succeeded was begun. */
  #renewedMs = 0;
  /** Since when each renewal was in time. */
  #steadySinceMs = 0;
  readonly #failures: FailureLog;
  #isClosed = false;

  constructor(deps: HubLeaseDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'hub not renewed');
    this.id = deps.hubId;
    this.#times = deps.times ?? LEASE_TIMES;
  }

  /** No other was on record when this one began. */
  get beganAlone(): boolean {
    return this.#beganAlone;
  }

  /** The other hubs on record, as of the last look. */
  get peers(): readonly HubId[] {
    return this.#peers;
  }

  /** Before the start. */
  hold(holder: LeaseHolder): void {
    this.#holders.push(holder);
  }

  /** Before the start: called when the other hubs considered this one dead. */
  onLapse(listener: () => void): void {
    this.#lapsed.push(listener);
  }

  async begin(): Promise<void> {
    const { isShared, unitOfWork, clock } = this.#deps;
    if (isShared) await this.#letOthersRenew();
    await unitOfWork.run(async (work) => {
      await work.hold('hub');
      // The lock of the data folder keeps every other hub away.
      if (!isShared) await dropAllHubs(work.tx);
      await dropExpiredHubs(work.tx);
      const others = await hubsOnRecord(work.tx);
      this.#beganAlone = others.length === 0;
      await putHub(work.tx, this.id, this.#times.leaseMs);
      for (const { beganAlone, hubsGone } of this.#holders) {
        await (this.#beganAlone ? beganAlone : hubsGone)(work);
      }
    }, WRITERS.hub);
    this.#renewedMs = clock.monotonicMs();
    this.#steadySinceMs = this.#renewedMs;
  }

  start(): void {
    if (this.#deps.isShared) this.#renewing = this.#renew();
  }

  /** Off the record at once, so that the others need not wait. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#renewing;
    const { isShared, unitOfWork, log } = this.#deps;
    if (!isShared) return;
    try {
      await unitOfWork.run(async (work) => {
        await dropHub(work.tx, this.id);
        for (const { hubsGone } of this.#holders) await hubsGone(work);
      }, WRITERS.hub);
    } catch (error) {
      log.warn({ err: error }, 'lease not released');
    }
  }

  async #renew(): Promise<void> {
    const { db, clock, databaseClock } = this.#deps;
    const requestedMs = clock.monotonicMs();
    try {
      // Directly, since it must not wait behind other writers; no event comes of it.
      const databaseMs = await renewHub(db, this.id, this.#times.leaseMs);
      if (databaseMs === undefined) await this.#beginAgain();
      else databaseClock?.compare({ databaseMs, requestedMs });
      this.#renewed(requestedMs, databaseMs !== undefined);
      const hubs = await hubsOnRecord(db);
      const others = hubs.filter(({ id, leftMs }) => id !== this.id && leftMs > 0);
      this.#peers = others.map(({ id }) => id);
      if (hubs.some(({ leftMs }) => leftMs <= 0) && this.#isSteady()) await this.#buryDead();
      this.#failures.succeeded();
    } catch (error) {
      this.#failures.failed(error);
    }
    if (this.#isClosed) return;
    this.#cancelTimer = clock.after(this.#times.renewEveryMs, () => {
      this.#renewing = this.#renew();
    });
  }

  /** Hubs that were cut from the database together are no corpses: whoever is back first waits. */
  async #letOthersRenew(): Promise<void> {
    const { db, clock } = this.#deps;
    const { leaseMs, renewEveryMs } = this.#times;
    const untilMs = clock.monotonicMs() + leaseMs;
    while (clock.monotonicMs() < untilMs) {
      const hubs = await hubsOnRecord(db);
      if (hubs.every(({ leftMs }) => leftMs > 0)) return;
      await new Promise<void>((resolve) => void clock.after(renewEveryMs, resolve));
    }
  }

  #renewed(requestedMs: number, wasInTime: boolean): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const isInTime = wasInTime && nowMs - this.#renewedMs < this.#times.leaseMs;
    if (!isInTime) this.#steadySinceMs = nowMs;
    this.#renewedMs = requestedMs;
  }

  /**
   * Whether it is the fault of the others that they have not renewed: for as long as a lease
   * the database has answered this hub.
   */
  #isSteady(): boolean {
    return this.#deps.clock.monotonicMs() - this.#steadySinceMs >= this.#times.leaseMs;
  }

  /** The others hold this hub to be dead, and may have what was its. */
  async #beginAgain(): Promise<void> {
    const { unitOfWork, log } = this.#deps;
    log.warn('hub was not renewed in time, beginning again');
    await unitOfWork.run(({ tx }) => putHub(tx, this.id, this.#times.leaseMs), WRITERS.hub);
    for (const listener of this.#lapsed) listener();
  }

  async #buryDead(): Promise<void> {
    const { unitOfWork, log } = this.#deps;
    await unitOfWork.run(async (work) => {
      await dropExpiredHubs(work.tx);
      for (const { hubsGone } of this.#holders) await hubsGone(work);
    }, WRITERS.hub);
    log.warn('a hub died, its connections ended');
  }
}
