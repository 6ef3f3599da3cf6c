import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { type QueuedKey, removeQueued } from '../../store/mqtt-queues.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';

/** Acknowledgements of this long are stored together. */
const GATHER_MS = 20;
const MAX_BATCH = 1_000;
/** After they could not be stored. */
const RETRY_MS = 1_000;
/**
 * Kept while the database is away; beyond that the oldest are forgotten, and their messages sent
 * again.
 */
const MAX_WAITING = 100_000;

export interface SettledRowsDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What clients have acknowledged, removed from their queues a moment later. A crash in between
 * has them sent again, marked as duplicates, which QoS 1 allows; a message of QoS 2 that is
 * sent again has the packet id by which the client knows it, or only its release is.
 */
export class SettledRows {
  readonly #deps: SettledRowsDeps;
  #waiting: QueuedKey[] = [];
  #cancelTimer: CancelTimer | undefined;
  #storing: Promise<void> = Promise.resolve();
  readonly #failures: FailureLog;

  constructor(deps: SettledRowsDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'acknowledged messages not removed');
  }

  get size(): number {
    return this.#waiting.length;
  }

  readonly settled = (row: QueuedKey): void => {
    this.#waiting.push(row);
    this.#cancelTimer ??= this.#deps.clock.after(GATHER_MS, () => void this.flush());
  };

  /** Resolves once everything so far is stored, or will be sent again. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const rows = this.#waiting;
    this.#waiting = [];
    if (rows.length > 0) {
      const before = this.#storing;
      this.#storing = before.then(() => this.#store(rows));
    }
    await this.#storing;
  }

  async #store(rows: readonly QueuedKey[]): Promise<void> {
    const { unitOfWork } = this.#deps;
    for (const batch of inChunks(rows, MAX_BATCH)) {
      try {
        await unitOfWork.run(({ tx }) => removeQueued(tx, batch), WRITERS.hub);
      } catch (error) {
        this.#failures.failed(error);
        this.#retryLater(batch);
        continue;
      }
      this.#failures.succeeded();
    }
  }

  #retryLater(rows: readonly QueuedKey[]): void {
    this.#waiting = [...rows, ...this.#waiting].slice(-MAX_WAITING);
    this.#cancelTimer ??= this.#deps.clock.after(RETRY_MS, () => void this.flush());
  }
}
