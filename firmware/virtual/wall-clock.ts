import type { Clock } from '#platform/clock.ts';

/** Who set a clock last. */
export type ClockSource = 'system' | 'base' | 'command';

/** The unit's idea of the time of day. A process starts with that of its system. */
export class WallClock {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #offsetMs = 0;
  #source: ClockSource = 'system';

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  get source(): ClockSource {
    return this.#source;
  }

  epochMs(): number {
    return this.#clock.nowMs() + this.#offsetMs;
  }

  /** @returns false, and nothing changed, where the time is beyond what numbers of the unit link can be. */
  set(epochMs: number, source: ClockSource): boolean {
    if (Math.abs(epochMs) > Number.MAX_SAFE_INTEGER) return false;
    this.#offsetMs = epochMs - this.#clock.nowMs();
    this.#source = source;
    return true;
  }

  /** As after a boot. */
  reset(): void {
    this.#offsetMs = 0;
    this.#source = 'system';
  }
}
