import type { ReleasePermit, Semaphore } from './semaphore.ts';

/** One who waits for a permit of a semaphore, and may be let past it. */
export class QueuedPermit {
  #skip: (() => void) | undefined;

  /** @returns what gives the permit back; harmless for who was let past. */
  async acquire(semaphore: Semaphore): Promise<ReleasePermit> {
    const acquiring = semaphore.acquire();
    const skipping = new Promise<ReleasePermit>((resolve) => {
      this.#skip = () => {
        // The permit is returned when it arrives; a refusal no longer matters.
        const giveBack = (): void =>
          void acquiring.then(
            (release) => release(),
            () => undefined,
          );
        resolve(giveBack);
      };
    });
    try {
      return await Promise.race([acquiring, skipping]);
    } finally {
      this.#skip = undefined;
    }
  }

  /** Stops waiting: waiters continue without a permit. */
  skip(): void {
    this.#skip?.();
  }
}
