import { Cell, type Readable } from './cell.ts';

/**
 * A table of observable rows. Whoever shows one row subscribes to that row
 * only: a change of one unit redraws one tile. `keys` changes only when rows
 * come or go.
 */
export class KeyedCells<K extends string, V> {
  readonly #cells = new Map<K, Cell<V | undefined>>();
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

  /** The row of a key, which may come into being later. */
  at(key: K): Readable<V | undefined> {
    return this.#cellOf(key);
  }

  get(key: K): V | undefined {
    return this.#cells.get(key)?.get();
  }

  values(): V[] {
    return this.#keys.get().flatMap((key) => {
      const value = this.get(key);
      return value === undefined ? [] : [value];
    });
  }

  set(key: K, value: V): void {
    const cell = this.#cellOf(key);
    const isNew = cell.get() === undefined;
    cell.set(value);
    if (isNew) this.#keys.set([...this.#keys.get(), key]);
    this.#changed();
  }

  delete(key: K): void {
    if (this.get(key) === undefined) return;
    this.#keys.set(this.#keys.get().filter((other) => other !== key));
    this.#cells.get(key)?.set(undefined);
    this.#changed();
  }

  /** Replaces all rows; rows that stay keep their subscribers. */
  replaceAll(entries: readonly (readonly [K, V])[]): void {
    const next = new Map(entries);
    for (const [key, cell] of this.#cells) if (!next.has(key)) cell.set(undefined);
    for (const [key, value] of next) this.#cellOf(key).set(value);
    this.#keys.set([...next.keys()]);
    this.#changed();
  }

  #changed(): void {
    this.#all = undefined;
    for (const listener of [...this.#anything]) listener();
  }

  #cellOf(key: K): Cell<V | undefined> {
    let cell = this.#cells.get(key);
    if (!cell) {
      cell = new Cell<V | undefined>(undefined);
      this.#cells.set(key, cell);
    }
    return cell;
  }
}
