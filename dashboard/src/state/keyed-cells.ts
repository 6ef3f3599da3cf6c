import { Cell, type Readable } from '#client/cell.ts';

interface Row<V> {
  value: V | undefined;
  readonly listeners: Set<() => void>;
  readonly readable: Readable<V | undefined>;
}

/**
 * A table of observable rows. A component subscribes to its row only: a change of one
 * unit redraws one tile. `keys` changes only when rows are added or removed. A row that
 * is neither known nor watched uses no memory.
 */
export class KeyedCells<K extends string, V> {
  readonly #rows = new Map<K, Row<V>>();
  readonly #keys = new Cell<readonly K[]>([]);
  readonly #anything = new Set<() => void>();
  #all: readonly V[] | undefined;

  /** Every row, for views of a few rows that need them together. Changes with each of them. */
  readonly all: Readable<readonly V[]> = {
    get: () => (this.#all ??= this.values()),
    subscribe: (listener) => {
      this.#anything.add(listener);
      return () => {
        this.#anything.delete(listener);
      };
    },
  };

  get keys(): Readable<readonly K[]> {
    return this.#keys;
  }

  /** Rows in memory: known ones, and watched ones. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row of a key, which may come into being later. */
  at(key: K): Readable<V | undefined> {
    return (this.#rows.get(key) ?? this.#newRow(key)).readable;
  }

  get(key: K): V | undefined {
    return this.#rows.get(key)?.value;
  }

  values(): V[] {
    return this.#keys.get().flatMap((key) => {
      const value = this.get(key);
      return value === undefined ? [] : [value];
    });
  }

  set(key: K, value: V): void {
    const isNew = this.get(key) === undefined;
    this.#put(key, value);
    if (isNew) this.#keys.set([...this.#keys.get(), key]);
    this.#changed();
  }

  delete(key: K): void {
    if (this.get(key) === undefined) return;
    this.#keys.set(this.#keys.get().filter((other) => other !== key));
    this.#put(key, undefined);
    this.#changed();
  }

  /** Replaces all rows; rows that stay keep their subscribers. */
  replaceAll(entries: readonly (readonly [K, V])[]): void {
    const next = new Map(entries);
    for (const key of [...this.#rows.keys()]) if (!next.has(key)) this.#put(key, undefined);
    for (const [key, value] of next) this.#put(key, value);
    this.#keys.set([...next.keys()]);
    this.#changed();
  }

  #changed(): void {
    this.#all = undefined;
    for (const listener of [...this.#anything]) listener();
  }

  #newRow(key: K): Row<V> {
    const row: Row<V> = {
      value: undefined,
      listeners: new Set(),
      readable: {
        get: () => this.get(key),
        subscribe: (listener) => this.#subscribe(key, row, listener),
      },
    };
    return row;
  }

  #subscribe(key: K, row: Row<V>, listener: () => void): () => void {
    // Since it was handed out, it may have been dropped, and another made.
    const kept = this.#rows.get(key) ?? row;
    this.#rows.set(key, kept);
    kept.listeners.add(listener);
    return () => {
      kept.listeners.delete(listener);
      this.#dropIdle(key);
    };
  }

  #put(key: K, value: V | undefined): void {
    let row = this.#rows.get(key);
    if (!row) {
      if (value === undefined) return;
      row = this.#newRow(key);
      this.#rows.set(key, row);
    }
    if (Object.is(row.value, value)) return;
    row.value = value;
    for (const listener of [...row.listeners]) listener();
    this.#dropIdle(key);
  }

  #dropIdle(key: K): void {
    const row = this.#rows.get(key);
    if (row?.value === undefined && row?.listeners.size === 0) this.#rows.delete(key);
  }
}
