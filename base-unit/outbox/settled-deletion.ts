import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import type { Store } from '../store/store.ts';

export interface SettledDeletionDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Store;
  /** Gap records that could not be sent before. */
  readonly reported: (gaps: readonly OutboxEvent[]) => void;
}

/** Deletions ride along with the next commit; when none comes, they get their own. */
const AFTER_MS = 250;
/** The disk is full, for example; it may have room again. */
const RETRY_MS = 5_000;

/** Deletes what the hub has for good. */
export class SettledDeletion {
  readonly #deps: SettledDeletionDeps;
  #cancel: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: SettledDeletionDeps) {
    this.#deps = deps;
  }

  soon(afterMs = AFTER_MS): void {
    if (this.#isClosed) return;
    this.#cancel ??= this.#deps.clock.after(afterMs, () => {
      this.#cancel = undefined;
      this.#run();
    });
  }

  /** Deletes the rest now. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#run();
  }

  #run(): void {
    const { store, log, clock, reported } = this.#deps;
    if (!store.outbox.hasSettled) return;
    try {
      const gaps = store.commit(() => {
        store.outbox.deleteSettled();
        return store.reportGaps(clock.nowMs());
      });
      if (gaps.length > 0) reported(gaps);
    } catch (error) {
      log.error({ err: error }, 'settled events not deleted');
      this.soon(RETRY_MS);
    }
  }
}
