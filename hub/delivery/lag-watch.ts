import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { ConsumerLag } from '#protocol/http/metrics.ts';

export interface LagWatchDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly lag: () => Promise<readonly ConsumerLag[]>;
}

const LOOK_EVERY_MS = 60_000;
/** Longer than a consumer waits between two tries, so that one failure is no news. */
const MAX_SECONDS = 60;
const MAX_EVENTS = 10_000;

/** Says in the log once a minute which consumers are far behind, as long as they are. */
export class LagWatch {
  readonly #deps: LagWatchDeps;
  #cancelLook: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: LagWatchDeps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#isClosed) return;
    this.#cancelLook = this.#deps.clock.after(LOOK_EVERY_MS, () => {
      void this.#look().finally(() => this.start());
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
  }

  async #look(): Promise<void> {
    const { log, lag } = this.#deps;
    try {
      for (const { name: consumer, events, seconds } of await lag()) {
        if (events <= MAX_EVENTS && seconds <= MAX_SECONDS) continue;
        log.warn({ consumer, events, seconds }, 'consumer is behind');
      }
    } catch (error) {
      log.error({ err: error }, 'lag of consumers not known');
    }
  }
}
