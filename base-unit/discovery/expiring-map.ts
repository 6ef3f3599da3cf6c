/** A bounded map whose entries expire: when full, the one that expires first is evicted. */
export class ExpiringMap<Value> {
  readonly #nowMs: () => number;
  readonly #max: number;
  readonly #entries = new Map<string, { readonly value: Value; readonly untilMs: number }>();

  constructor({ nowMs, max }: { readonly nowMs: () => number; readonly max: number }) {
    this.#nowMs = nowMs;
    this.#max = max;
  }

  /** A life of 0 is an end. */
  set(key: string, value: Value, lifeMs: number): void {
    this.#entries.delete(key);
    if (lifeMs <= 0) return;
    if (this.#entries.size >= this.#max) this.#makeRoom();
    this.#entries.set(key, { value, untilMs: this.#nowMs() + lifeMs });
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.untilMs > this.#nowMs() ? entry.value : undefined;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  entries(): [string, Value][] {
    const now = this.#nowMs();
    return [...this.#entries].flatMap(([key, { value, untilMs }]): [string, Value][] =>
      untilMs > now ? [[key, value]] : [],
    );
  }

  #makeRoom(): void {
    let first: { readonly key: string; readonly untilMs: number } | undefined;
    for (const [key, { untilMs }] of this.#entries) {
      if (!first || untilMs < first.untilMs) first = { key, untilMs };
    }
    if (first) this.#entries.delete(first.key);
  }
}
