/** A value that can be read at any time and notifies on changes. */
export interface Readable<T> {
  get: () => T;
  /** @returns a function that ends the subscription. */
  subscribe: (listener: () => void) => () => void;
}

/** One observable value. Setting an equal value notifies nobody; `isSame` defines equality. */
export class Cell<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  readonly #isSame: (a: T, b: T) => boolean;

  constructor(initial: T, isSame: (a: T, b: T) => boolean = Object.is) {
    this.#value = initial;
    this.#isSame = isSame;
  }

  readonly get = (): T => this.#value;

  readonly set = (next: T): void => {
    if (this.#isSame(next, this.#value)) return;
    this.#value = next;
    for (const listener of [...this.#listeners]) listener();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
}
