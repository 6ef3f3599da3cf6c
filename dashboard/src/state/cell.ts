/** A value that can be read at any time and says when it changed. */
export interface Readable<T> {
  get: () => T;
  /** @returns a function that ends the subscription. */
  subscribe: (listener: () => void) => () => void;
}

/** One observable value. Setting the same value again tells nobody. */
export class Cell<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  readonly get = (): T => this.#value;

  readonly set = (next: T): void => {
    if (Object.is(next, this.#value)) return;
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
