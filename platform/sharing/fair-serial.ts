import { AppError } from '#protocol/errors.ts';
import { FairQueue } from './fair-queue.ts';

interface Job {
  readonly run: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/**
 * Runs one job at a time. Jobs of one owner run in the order of arrival, owners take turns;
 * when too many wait, the owner with the most of them loses its newest.
 */
export class FairSerial {
  readonly #waiting: FairQueue<Job>;
  #running: Promise<void> | undefined;
  #inProgress = 0;
  #isClosed = false;

  constructor(max: number) {
    this.#waiting = new FairQueue<Job>(max);
  }

  /** Jobs that run or wait. */
  get size(): number {
    return this.#waiting.size + this.#inProgress;
  }

  /** @throws AppError `overloaded`, `not_ready` once it is closed, or what the job throws. */
  run<T>(owner: string, job: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new AppError('not_ready'));
        return;
      }
      const run = async (): Promise<void> => resolve(await job());
      const dropped = this.#waiting.push(owner, { run, failed: reject });
      dropped?.failed(new AppError('overloaded'));
      this.#running ??= this.#work();
    });
  }

  /** Once all jobs so far have ended. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** What waits fails; what runs goes on. */
  close(): void {
    this.#isClosed = true;
    for (const job of this.#waiting.drain()) job.failed(new AppError('not_ready'));
  }

  async #work(): Promise<void> {
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#inProgress = 1;
      try {
        await job.run();
      } catch (error) {
        job.failed(error);
      }
      this.#inProgress = 0;
    }
    this.#running = undefined;
  }
}
