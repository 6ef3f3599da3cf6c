import type { Clock } from '../live/clock.ts';
import type { Readable } from './cell.ts';

/**
 * Beats once a second while somebody listens, so that ages on screen stay
 * true. One timer for all of them.
 */
export class Ticker implements Readable<number> {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #nowMs: number;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = clock.now();
  }

  readonly get = (): number => this.#nowMs;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (!this.#cancel) this.#beat();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#cancel?.();
      this.#cancel = undefined;
    };
  };

  #beat(): void {
    this.#cancel = this.#clock.after(1_000, () => {
      this.#beat();
      this.#nowMs = this.#clock.now();
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
