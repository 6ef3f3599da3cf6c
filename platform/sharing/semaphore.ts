import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { FairQueue } from './fair-queue.ts';

export interface SemaphoreBounds {
  readonly permits: number;
  /** Beyond this, a request is refused, or replaces one of the owner with the most waiting. */
  readonly maxQueued: number;
  /** The error code of a refusal; default `overloaded`. */
  readonly refusal?: ErrorCode;
}

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: AppError) => void;
}

/** Gives a permit back; the second call does nothing. */
export type ReleasePermit = () => void;

/** The owner of all work where nobody competes. */
const SOLE_OWNER = '';

/** Limits concurrent work. The rest queues, and the owners take turns. */
export class Semaphore {
  readonly #permits: number;
  readonly #queue: FairQueue<Waiter>;
  readonly #refusal: ErrorCode;
  #held = 0;

  constructor({ permits, maxQueued, refusal = 'overloaded' }: SemaphoreBounds) {
    this.#permits = permits;
    this.#queue = new FairQueue(maxQueued);
    this.#refusal = refusal;
  }

  /** What runs and what waits. */
  get size(): number {
    return this.#held + this.#queue.size;
  }

  /** @throws AppError (the refusal) when too much waits, of this owner more than of others. */
  async acquire(owner = SOLE_OWNER): Promise<ReleasePermit> {
    if (this.#held < this.#permits) this.#held += 1;
    else await this.#wait(owner);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#release();
    };
  }

  /** Runs the work with a permit. @throws as {@link acquire} */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    // Not after an await: with a permit free, the work begins before this returns.
    if (this.#held < this.#permits) this.#held += 1;
    else await this.#wait(owner);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** The permit passes to the next in the queue, so that no other request gets it in between. */
  #release(): void {
    const next = this.#queue.shift();
    if (next) next.admit();
    else this.#held -= 1;
  }

  #wait(owner: string): Promise<void> {
    return new Promise((admit, refuse) => {
      this.#queue.push(owner, { admit, refuse })?.refuse(new AppError(this.#refusal));
    });
  }
}
