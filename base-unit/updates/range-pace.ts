/** Of the first range; on a line of 200 kbit/s it takes a third of a second. */
const FIRST_BYTES = 8_192;
const MIN_BYTES = 4_096;
const MAX_BYTES = 262_144;
/** A command that comes meanwhile waits behind a range: for so long is not felt. */
const QUICK_MS = 100;
const SLOW_MS = 200;

/**
 * How a long download leaves room on its line: ranges are as large as it
 * carries in a moment, and on a slow one it rests as long as each took.
 */
export class RangePace {
  #bytes = FIRST_BYTES;

  /** Of the next range. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns how long to rest before the next one. */
  restAfter(ms: number): number {
    if (ms < QUICK_MS) this.#bytes = Math.min(MAX_BYTES, this.#bytes * 2);
    else if (ms > SLOW_MS) this.#bytes = Math.max(MIN_BYTES, Math.floor(this.#bytes / 2));
    return ms < QUICK_MS ? 0 : ms;
  }
}
