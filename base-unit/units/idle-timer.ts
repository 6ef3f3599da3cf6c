import type { CancelTimer, Clock } from '#platform/clock.ts';

/** Closes an idle connection. */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #ended: () => void;
  #untilMs = 0;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, ended: () => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Keeps the connection for at least this long. */
  keepAtLeast(ms: number): void {
    this.#untilMs = this.#clock.monotonicMs() + ms;
  }

  /** The connection is idle from now on. */
  start(): void {
    if (this.#cancel) return;
    const leftMs = this.#untilMs - this.#clock.monotonicMs();
    this.#cancel = this.#clock.after(leftMs, () => {
      this.#cancel = undefined;
      if (this.#clock.monotonicMs() < this.#untilMs) this.start();
      else this.#ended();
    });
  }

  /** The connection is in use, or gone. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
