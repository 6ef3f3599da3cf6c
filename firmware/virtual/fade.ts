/** A number on its way from one value to another. */
export class Fade {
  #from: number;
  #to: number;
  #startedAtMs = 0;
  #durationMs = 0;

  constructor(value: number) {
    this.#from = value;
    this.#to = value;
  }

  /** Begins at the value it has now; 0 ms is a jump. */
  start(target: number, at: { readonly durationMs: number; readonly nowMs: number }): void {
    this.#from = this.valueAt(at.nowMs);
    this.#to = target;
    this.#startedAtMs = at.nowMs;
    this.#durationMs = at.durationMs;
  }

  isRunningAt(nowMs: number): boolean {
    return nowMs - this.#startedAtMs < this.#durationMs;
  }

  valueAt(nowMs: number): number {
    if (!this.isRunningAt(nowMs)) return this.#to;
    const way = this.#to - this.#from;
    return Math.trunc(this.#from + (way * (nowMs - this.#startedAtMs)) / this.#durationMs);
  }
}
