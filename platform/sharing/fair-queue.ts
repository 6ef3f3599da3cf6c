/**
 * A bounded queue of work from many owners. Owners take turns, and when it is full, the
 * owner with the most waiting loses its newest entry. So one owner delays others by at
 * most one turn, and keeps nobody out.
 */
export class FairQueue<T> {
  /** In the order of their turns. */
  readonly #lines = new Map<string, T[]>();
  readonly #max: number;
  #size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns what there is no room for: undefined, this item, or the newest of the longest line. */
  push(owner: string, item: T): T | undefined {
    const line = this.#lines.get(owner) ?? [];
    if (this.#size >= this.#max) {
      const largest = this.#largest();
      if (!largest || largest.length <= line.length + 1) return item;
      this.#size -= 1;
      const dropped = largest.pop();
      this.#append(owner, line, item);
      return dropped;
    }
    this.#append(owner, line, item);
    return undefined;
  }

  /** The first entry of the owner whose turn it is. */
  shift(): T | undefined {
    const [next] = this.#lines;
    if (!next) return undefined;
    const [owner, line] = next;
    const item = line.shift();
    this.#size -= 1;
    this.#lines.delete(owner);
    if (line.length > 0) this.#lines.set(owner, line);
    return item;
  }

  /** All that waits; nothing does any more. */
  drain(): T[] {
    const all = [...this.#lines.values()].flat();
    this.#lines.clear();
    this.#size = 0;
    return all;
  }

  #append(owner: string, line: T[], item: T): void {
    line.push(item);
    this.#lines.set(owner, line);
    this.#size += 1;
  }

  #largest(): T[] | undefined {
    let largest: T[] | undefined;
    for (const line of this.#lines.values()) {
      if (line.length > (largest?.length ?? 0)) largest = line;
    }
    return largest;
  }
}
