import { Cell, type Readable } from '#client/cell.ts';
import type { PreferenceStorage } from './preference.ts';

export type ColorScheme = 'light' | 'dark';
/** `auto`: as the system has it. */
export type ColorSchemeChoice = ColorScheme | 'auto';

/** Of a `MediaQueryList`: whether the system is dark, and when that changes. */
interface SystemScheme {
  readonly matches: boolean;
  readonly addEventListener: (type: 'change', listener: () => void) => void;
}

interface ColorSchemeDeps {
  readonly storage: () => PreferenceStorage;
  readonly prefersDark: SystemScheme;
  /** Makes the page look like it. */
  readonly apply: (scheme: ColorScheme) => void;
}

/** The key is known to public/color-scheme.js as well, which goes before the first paint. */
const KEY = 'signalbox-color-scheme';

/** Light or dark: what this browser chose, and what follows from it. */
export class ColorSchemePreference {
  readonly #deps: ColorSchemeDeps;
  readonly #choice: Cell<ColorSchemeChoice>;
  readonly #scheme: Cell<ColorScheme>;

  constructor(deps: ColorSchemeDeps) {
    this.#deps = deps;
    this.#choice = new Cell(this.#read());
    this.#scheme = new Cell(this.#current());
    deps.prefersDark.addEventListener('change', () => this.#follow());
  }

  get choice(): Readable<ColorSchemeChoice> {
    return this.#choice;
  }

  /** The effective scheme. */
  get scheme(): Readable<ColorScheme> {
    return this.#scheme;
  }

  choose(choice: ColorSchemeChoice): void {
    this.#choice.set(choice);
    this.#follow();
    try {
      this.#deps.storage().setItem(KEY, choice);
    } catch {
      // It holds until the page is closed.
    }
  }

  #follow(): void {
    const scheme = this.#current();
    this.#scheme.set(scheme);
    this.#deps.apply(scheme);
  }

  #current(): ColorScheme {
    const choice = this.#choice.get();
    if (choice !== 'auto') return choice;
    return this.#deps.prefersDark.matches ? 'dark' : 'light';
  }

  #read(): ColorSchemeChoice {
    try {
      const text = this.#deps.storage().getItem(KEY);
      return text === 'light' || text === 'dark' ? text : 'auto';
    } catch {
      return 'auto';
    }
  }
}
