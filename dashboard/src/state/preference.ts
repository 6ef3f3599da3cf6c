import { Cell, type Readable } from '#client/cell.ts';

/** The part of `localStorage` that is used; a browser may refuse it. */
export interface PreferenceStorage {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
}

interface PreferenceDeps {
  readonly key: string;
  readonly initial: boolean;
  readonly storage: () => PreferenceStorage;
}

/** A choice of this browser, kept over reloads where the browser allows it. */
export class Preference implements Readable<boolean> {
  readonly #deps: PreferenceDeps;
  readonly #cell: Cell<boolean>;

  constructor(deps: PreferenceDeps) {
    this.#deps = deps;
    this.#cell = new Cell(this.#read() ?? deps.initial);
  }

  readonly get = (): boolean => this.#cell.get();

  readonly subscribe = (listener: () => void): (() => void) => this.#cell.subscribe(listener);

  readonly set = (value: boolean): void => {
    this.#cell.set(value);
    try {
      this.#deps.storage().setItem(this.#deps.key, value ? 'on' : 'off');
    } catch {
      // It holds until the page is closed.
    }
  };

  #read(): boolean | undefined {
    try {
      const text = this.#deps.storage().getItem(this.#deps.key);
      return text === 'on' ? true : text === 'off' ? false : undefined;
    } catch {
      return undefined;
    }
  }
}
