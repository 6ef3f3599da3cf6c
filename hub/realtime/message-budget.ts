import type { Clock } from '../clock.ts';

/** Messages a client may send at once, and per second in the long run. */
const BURST = 400;
const PER_SECOND = 200;

/** Bounds the work one socket can make: a token bucket. */
export class MessageBudget {
  readonly #clock: Clock;
  #left = BURST;
  #filledAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAtMs = clock.now();
  }

  /** False when the client has sent too much. */
  take(): boolean {
    const nowMs = this.#clock.now();
    const gained = ((nowMs - this.#filledAtMs) / 1000) * PER_SECOND;
    this.#left = Math.min(BURST, this.#left + Math.max(0, gained));
    this.#filledAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
