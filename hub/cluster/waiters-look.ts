import type { Logger } from 'pino';
import { FailureLog } from '#platform/logging/failure-log.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { CommandWaiters } from '../kernel/command-waiters.ts';

export interface WaitersLookDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly waiters: Pick<CommandWaiters, 'commands' | 'ended'>;
  readonly endedAmong: (ids: readonly CommandId[]) => Promise<readonly CommandId[]>;
}

const LOOK_EVERY_MS = 1_000;

/** Looks each second whether what somebody waits for has ended: word of it may be lost. */
export class WaitersLook {
  readonly #deps: WaitersLookDeps;
  readonly #failures: FailureLog;
  #cancelTimer: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: WaitersLookDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'ends of commands not looked for');
  }

  start(): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#deps.clock.after(LOOK_EVERY_MS, () => {
      void this.#look().finally(() => this.start());
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  async #look(): Promise<void> {
    const { waiters, endedAmong } = this.#deps;
    const { commands } = waiters;
    if (commands.length === 0) return;
    try {
      for (const id of await endedAmong(commands)) waiters.ended(id);
      this.#failures.succeeded();
    } catch (error) {
      this.#failures.failed(error);
    }
  }
}
