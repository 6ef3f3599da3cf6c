/** What a module has to do with the life of its program. */
export interface ModuleLife {
  /** Before anybody can reach the program, and it anybody. */
  readonly open?: () => Promise<void> | void;
  /** In the order of the modules, once all are open. */
  readonly start?: () => Promise<void> | void;
  /** In the reverse order of the starts. */
  readonly close?: () => Promise<void> | void;
  /** What is held for others at this moment: each is 0 when nobody is there. */
  readonly gauges?: () => Readonly<Record<string, number>>;
}

/** A part of a program: what it offers to those after it, and its life. */
export interface Module<Offers extends object> extends ModuleLife {
  readonly offers: Offers;
}

/**
 * A list of modules in order. Each is made of what those before it offer, which its
 * parameter says: one that needs what comes later does not compile, so there is no circle.
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
