import type { CancelTimer, Clock } from '#platform/clock.ts';

/** How long a connection stays that nobody uses: it ends when its time is over, unless it is held. */
export class Linger {
  readonly #clock: Clock;
  readonly #over: () => void;
  #untilMs = 0;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /** It stays at least so much longer. */
  keepFor(ms: number): void {
    this.#untilMs = this.#clock.monotonicMs() + ms;
  }

  /** From now on it is not in use. */
  start(): void {
    if (this.#cancel) return;
    const leftMs = this.#untilMs - this.#clock.monotonicMs();
    this.#cancel = this.#clock.after(leftMs, () => {
      this.#cancel = undefined;
      if (this.#clock.monotonicMs() < this.#untilMs) this.start();
      else this.#over();
    });
  }

  /** It is in use, or gone. */
  hold(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
