import { sql } from 'kysely';
import type { Clock } from '#platform/clock.ts';
import type { Db } from './schema.ts';

/** An answer of the database proves for so long that it is there. */
const FRESH_MS = 5_000;
/** An answer younger than that is not requested again. */
const RECENT_MS = 1_000;
/** How long somebody who wants to know may have to wait. */
const WAIT_MS = 2_000;

export interface DatabaseAnswersDeps {
  /** As {@link answerOf} a database. */
  readonly probe: () => Promise<unknown>;
  readonly clock: Clock;
}

/** The smallest question there is. */
export function answerOf(db: Db): () => Promise<unknown> {
  return () => sql`select 1`.execute(db);
}

/** Whether the database answers; probed only when somebody wants to know, one probe at a time. */
export class DatabaseAnswers {
  readonly #deps: DatabaseAnswersDeps;
  #answeredMs = -Infinity;
  #probing: Promise<void> | undefined;

  constructor(deps: DatabaseAnswersDeps) {
    this.#deps = deps;
  }

  readonly isFresh = async (): Promise<boolean> => {
    if (this.#ageMs() <= RECENT_MS) return true;
    this.#probing ??= this.#probe();
    if (this.#ageMs() > FRESH_MS) await this.#inTime(this.#probing);
    return this.#ageMs() <= FRESH_MS;
  };

  #ageMs(): number {
    return this.#deps.clock.monotonicMs() - this.#answeredMs;
  }

  async #probe(): Promise<void> {
    const { probe, clock } = this.#deps;
    const probedMs = clock.monotonicMs();
    try {
      await probe();
      this.#answeredMs = probedMs;
    } catch {
      // No answer; who waits for it sees that.
    } finally {
      this.#probing = undefined;
    }
  }

  async #inTime(probing: Promise<void>): Promise<void> {
    let cancelTimer = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancelTimer = this.#deps.clock.after(WAIT_MS, resolve);
    });
    await Promise.race([probing, late]);
    cancelTimer();
  }
}
