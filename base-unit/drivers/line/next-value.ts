import type { Clock } from '#platform/clock.ts';

type Settle = (next: number | 'unit_timeout' | 'link_lost') => void;

/** The next number of a sensor, for waiting reads. */
export class NextValue {
  readonly #clock: Clock;
  readonly #waiting = new Set<Settle>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async next(timeoutMs: number): Promise<number | 'unit_timeout' | 'link_lost'> {
    if (this.#isClosed) return 'link_lost';
    return new Promise((resolve) => {
      const cancel = this.#clock.after(timeoutMs, () => {
        settle('unit_timeout');
      });
      const settle: Settle = (next) => {
        cancel();
        this.#waiting.delete(settle);
        resolve(next);
      };
      this.#waiting.add(settle);
    });
  }

  publish(value: number): void {
    for (const settle of [...this.#waiting]) settle(value);
  }

  /** The connection is gone. */
  close(): void {
    this.#isClosed = true;
    for (const settle of [...this.#waiting]) settle('link_lost');
  }
}
