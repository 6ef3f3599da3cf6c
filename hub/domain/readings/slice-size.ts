/** A slice of a read should take about this long: others wait no longer for their turn. */
const LONG_MS = 100;
const SHORT_MS = 40;
const MIN_ROWS = 5_000;
const MAX_ROWS = 200_000;
const FIRST_ROWS = 20_000;

/** How many readings a slice looks at: by how long the last one took on this machine. */
export class SliceSize {
  #rows = FIRST_ROWS;

  get rows(): number {
    return this.#rows;
  }

  took(ms: number): void {
    if (ms > LONG_MS) this.#rows = Math.max(MIN_ROWS, Math.floor(this.#rows / 2));
    else if (ms < SHORT_MS) this.#rows = Math.min(MAX_ROWS, this.#rows * 2);
  }
}
