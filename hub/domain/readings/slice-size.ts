/** The target duration of a slice: others wait no longer for their turn. */
const AIM_MS = 40;
/** Small enough to be short on any machine, with nothing in its caches. */
const FIRST_ROWS = 5_000;
const MIN_ROWS = 1_000;
const MAX_ROWS = 100_000;
/** One slice that was quick by chance makes the next one no longer than so many times itself. */
const MAX_GROWTH = 4;

/** The number of readings per slice, from how long the last one took on this machine. */
export class SliceSize {
  #rows = FIRST_ROWS;

  get rows(): number {
    return this.#rows;
  }

  record(ms: number): void {
    const wanted = this.#rows * Math.min(AIM_MS / Math.max(ms, 1), MAX_GROWTH);
    this.#rows = Math.round(Math.min(Math.max(wanted, MIN_ROWS), MAX_ROWS));
  }
}
