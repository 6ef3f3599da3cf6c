import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';

/** After a fault the sweeper looks again this soon. */
const RETRY_MS = 1_000;

/** What another hub has made due, and does not live to see to, is found this late. */
const SHARED_LOOK_MS = 2_000;

export interface SweeperDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Other hubs may make something due, or see to it. */
  readonly isShared?: boolean;
}

/**
 * Wakes up when the next thing of its kind is due: a command, the step of a
 * rollout. Holds one timer, for the earliest.
 */
export class Sweeper {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #isShared: boolean;
  #sweep: (() => Promise<number | undefined>) | undefined;
  #dueAtMs = Infinity;
  #cancelTimer: CancelTimer | undefined;
  #sweeping = false;
  /** Timers that fired during a sweep. */
  #missed = 0;
  #closed = false;

  constructor(deps: SweeperDeps) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#isShared = deps.isShared ?? false;
  }

  /** @param sweep ends what is due, and returns when the next is due. */
  start(sweep: () => Promise<number | undefined>): void {
    this.#sweep = sweep;
    this.expect(this.#clock.nowMs());
  }

  /** Something will be due at this time. */
  expect(dueAtMs: number): void {
    if (this.#closed || !this.#sweep || dueAtMs >= this.#dueAtMs) return;
    this.#cancelTimer?.();
    this.#dueAtMs = dueAtMs;
    this.#cancelTimer = this.#clock.after(Math.max(0, dueAtMs - this.#clock.nowMs()), () => {
      void this.#run();
    });
  }

  /** The clock stepped: the wait until the next is another one. */
  recheck(): void {
    this.#cancelTimer?.();
    this.#dueAtMs = Infinity;
    this.expect(this.#clock.nowMs());
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  async #run(): Promise<void> {
    if (!this.#sweep) return;
    // This timer has fired, even if another sweep is running.
    this.#dueAtMs = Infinity;
    if (this.#sweeping) {
      this.#missed += 1;
      return;
    }
    this.#sweeping = true;
    const missedBefore = this.#missed;
    let nextMs: number | undefined;
    try {
      nextMs = await this.#sweep();
    } catch (error) {
      this.#log.error({ err: error }, 'sweep failed');
      nextMs = this.#clock.nowMs() + RETRY_MS;
    } finally {
      this.#sweeping = false;
    }
    // What fell due meanwhile may have come too late for this sweep.
    if (this.#missed > missedBefore) this.expect(this.#clock.nowMs());
    if (nextMs !== undefined) this.expect(nextMs);
    if (this.#isShared) this.expect(this.#clock.nowMs() + SHARED_LOOK_MS);
  }
}
