/** What a module has to do with the life of its program. */
export interface ModuleLife {
  /** Before anyone can reach the program, or the program anyone. */
  readonly open?: () => Promise<void> | void;
  /** In the order of the modules, once all are open. */
  readonly start?: () => Promise<void> | void;
  /** In the reverse order of the starts. */
  readonly close?: () => Promise<void> | void;
  /** Resources in use now: each is 0 when idle. */
  readonly gauges?: () => Readonly<Record<string, number>>;
}

/** A part of a program: what it offers to later modules, and its lifecycle. */
export interface Module<Offers extends object> extends ModuleLife {
  readonly offers: Offers;
}

/**
 * A list of modules in order. Each is built from what those before it offer: one that
 * needs a later module does not compile, so there is no cycle.
 */
export class Assembly<T extends object> {
  readonly offers: T;
  readonly lives: readonly ModuleLife[];

  constructor(offers: T, lives: readonly ModuleLife[] = []) {
    this.offers = offers;
    this.lives = lives;
  }

  add<Offers extends object>(make: (needs: T) => Module<Offers>): Assembly<T & Offers> {
    const { offers, ...life } = make(this.offers);
    return new Assembly({ ...this.offers, ...offers }, [...this.lives, life]);
  }

  get gauges(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.lives.flatMap(({ gauges }) => Object.entries(gauges?.() ?? {})));
  }
}
