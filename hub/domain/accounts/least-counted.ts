/**
 * A bounded number of keys with something counted of each. Of those that were counted least
 * the one that came first makes room for another.
 */
export class LeastCounted<V extends { readonly count: number }> {
  /** In the order of their coming. */
  readonly #entries = new Map<string, V>();
  readonly #keysByCount = new Map<number, Set<string>>();
  readonly #maxKeys: number;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    const before = this.#entries.get(key);
    if (before) this.#uncount(key, before.count);
    this.#entries.set(key, value);
    const keys = this.#keysByCount.get(value.count);
    if (keys) keys.add(key);
    else this.#keysByCount.set(value.count, new Set([key]));
  }

  delete(key: string): void {
    const before = this.#entries.get(key);
    if (!before) return;
    this.#entries.delete(key);
    this.#uncount(key, before.count);
  }

  deleteOldestWhile(fits: (value: V) => boolean): void {
    for (const [key, value] of this.#entries) {
      if (!fits(value)) return;
      this.delete(key);
    }
  }

  /** @returns the count of the key that was evicted for this one, if any. */
  makeRoom(key: string): V | undefined {
    // It will be reset, and so comes last.
    this.delete(key);
    if (this.#entries.size < this.#maxKeys) return undefined;
    const least = Math.min(...this.#keysByCount.keys());
    const [target] = this.#keysByCount.get(least) ?? [];
    const value = target === undefined ? undefined : this.#entries.get(target);
    if (target !== undefined) this.delete(target);
    return value;
  }

  #uncount(key: string, count: number): void {
    const keys = this.#keysByCount.get(count);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByCount.delete(count);
  }
}
