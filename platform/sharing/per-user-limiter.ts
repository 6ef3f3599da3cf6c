import { Semaphore } from './semaphore.ts';

/** Costly work of one user at a time, and its waiting work. */
const MAX_RUNNING = 2;
const MAX_QUEUED = 8;

/** Keeps one user's costly work from using the turns of all others. */
export class PerUserLimiter {
  readonly #semaphores = new Map<string, Semaphore>();

  /** @throws `rate_limited` when too much of this user's work waits already. */
  async run<T>(user: string, work: () => Promise<T>): Promise<T> {
    const bounds = {
      permits: MAX_RUNNING,
      maxQueued: MAX_QUEUED,
      refusal: 'rate_limited',
    } as const;
    const semaphore = this.#semaphores.get(user) ?? new Semaphore(bounds);
    this.#semaphores.set(user, semaphore);
    try {
      return await semaphore.run(user, work);
    } finally {
      if (semaphore.size === 0) this.#semaphores.delete(user);
    }
  }
}
