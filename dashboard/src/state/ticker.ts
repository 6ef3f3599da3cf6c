import type { Clock } from '#client/clock.ts';
import type { Readable } from '#client/cell.ts';

const BEAT_MS = 1_000;

/**
 * Ticks once a second while there are listeners, so that ages on screen stay true. One
 * timer for all.
 */
export class Ticker implements Readable<number> {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #nowMs: number;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = clock.nowMs();
  }

  readonly get = (): number => {
    // Not updated without listeners.
    if (!this.#cancel && this.#clock.nowMs() - this.#nowMs >= BEAT_MS)
      this.#nowMs = this.#clock.nowMs();
    return this.#nowMs;
  };

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
    this.#cancel = this.#clock.after(BEAT_MS, () => {
      this.#beat();
      this.#nowMs = this.#clock.nowMs();
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
