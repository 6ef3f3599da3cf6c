import { AppError } from '#protocol/errors.ts';
import { FairQueue } from './fair-queue.ts';

export interface FairGateBounds {
  readonly atOnce: number;
  readonly waiting: number;
}

interface Waiter {
  readonly enter: () => void;
  readonly refuse: (error: AppError) => void;
}

/** Lets so much work run at once; the rest waits, and its owners take turns. */
export class FairGate {
  readonly #atOnce: number;
  readonly #waiting: FairQueue<Waiter>;
  #running = 0;

  constructor(bounds: FairGateBounds) {
    this.#atOnce = bounds.atOnce;
    this.#waiting = new FairQueue(bounds.waiting);
  }

  /** What runs and what waits. */
  get size(): number {
    return this.#running + this.#waiting.size;
  }

  /** @throws AppError `overloaded` when too much waits, of this owner more than of others. */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await this.#wait(owner);
    try {
      return await work();
    } finally {
      // Whoever ends hands its place on, so that nobody else takes it in between.
      const next = this.#waiting.shift();
      if (next) next.enter();
      else this.#running -= 1;
    }
  }

  #wait(owner: string): Promise<void> {
    return new Promise((enter, refuse) => {
      this.#waiting.push(owner, { enter, refuse })?.refuse(new AppError('overloaded'));
    });
  }
}
