import type { Store } from './store.ts';

interface Job {
  readonly work: () => void;
  readonly settled: (error?: unknown) => void;
}

export interface GroupCommitDeps {
  readonly store: Pick<Store, 'commit'>;
  /** Runs something after the events that have arrived already, without waiting for further ones. */
  readonly soon: (run: () => void) => void;
}

/**
 * One fsync for everything that arrived together. A commit blocks the process for as
 * long as the disk needs; work that arrives meanwhile would otherwise pay the same
 * again, one after the other. Nothing waits for more to arrive.
 */
export class GroupCommit {
  readonly #deps: GroupCommitDeps;
  #jobs: Job[] = [];
  #isScheduled = false;

  constructor(deps: GroupCommitDeps) {
    this.#deps = deps;
  }

  /**
   * @param work changes the store; undone alone when it throws.
   * @param settled called when the change is on the disk, or with the reason why it is not.
   */
  add(work: () => void, settled: (error?: unknown) => void): void {
    this.#jobs.push({ work, settled });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#deps.soon(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Now, for when the base stops. */
  flush(): void {
    const { store } = this.#deps;
    const jobs = this.#jobs;
    this.#jobs = [];
    if (jobs.length === 0) return;
    const errors = new Map<Job, unknown>();
    try {
      store.commit(() => {
        for (const job of jobs) {
          try {
            store.commit(job.work);
          } catch (error) {
            errors.set(job, error);
          }
        }
      });
    } catch (error) {
      for (const job of jobs) errors.set(job, error);
    }
    for (const job of jobs) job.settled(errors.get(job));
  }
}
