import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';

export interface PiecewiseRemovalDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is removed, for the log. */
  readonly what: string;
  /** How long to wait when nothing is left. */
  readonly idleMs: number;
  /**
   * Removes one piece.
   *
   * @returns whether there may be more
   */
  readonly removePiece: () => Promise<boolean>;
}

/** The pause between two pieces, in which others get their turn. */
const BUSY_MS = 50;

/** Removes old rows in small pieces, so that nobody is held up. */
export class PiecewiseRemoval {
  readonly #deps: PiecewiseRemovalDeps;
  #cancelTimer: CancelTimer | undefined;
  #closed = false;

  constructor(deps: PiecewiseRemovalDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#schedule(BUSY_MS);
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#deps.clock.after(delayMs, () => {
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    const { removePiece, log, what, idleMs } = this.#deps;
    let isMore = false;
    try {
      isMore = await removePiece();
    } catch (error) {
      log.error({ err: error, what }, 'old rows not removed');
    }
    this.#schedule(isMore ? BUSY_MS : idleMs);
  }
}
