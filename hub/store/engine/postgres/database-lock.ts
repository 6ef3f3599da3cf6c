import pg from 'pg';
import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { faultOfServer } from './server-faults.ts';

export interface DatabaseLockDeps {
  readonly url: string;
  /** Hubs share it; whoever works on the database without hubs has it alone. */
  readonly mode: 'shared' | 'exclusive';
  readonly clock: Clock;
  readonly log: Logger;
}

/** Any number that no other lock of this database has: advisory locks have no names. */
const RUNNING_HUB = 0x5b0d;
const LOCKS = {
  shared: 'pg_try_advisory_lock_shared',
  exclusive: 'pg_try_advisory_lock',
} as const;
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = 1_000;

/**
 * Keeps a database to its hubs, or to one program that works on it while no hub runs. The
 * server drops the lock with the connection that holds
 * it; when that is lost, it is taken again as soon as the server is back.
 */
export class DatabaseLock {
  readonly #deps: DatabaseLockDeps;
  #client: pg.Client | undefined;
  #cancelTimer: CancelTimer | undefined;
  #isReleased = false;

  private constructor(deps: DatabaseLockDeps) {
    this.#deps = deps;
  }

  /**
   * @returns undefined when somebody has it who does not share it.
   * @throws AppError `storage_unavailable`, or what the server refuses the connection with.
   */
  static async acquire(deps: DatabaseLockDeps): Promise<DatabaseLock | undefined> {
    const lock = new DatabaseLock(deps);
    return (await lock.#acquire()) ? lock : undefined;
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    this.#cancelTimer?.();
    await this.#client?.end().catch(() => undefined);
  }

  async #acquire(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.#deps.url,
      application_name: 'signalbox hub lock',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    // An error is followed by the end; without a listener it would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ isHeld: boolean }>(
        `select ${LOCKS[this.#deps.mode]}($1) as "isHeld"`,
        [RUNNING_HUB],
      );
      if (rows[0]?.isHeld !== true) {
        await client.end();
        return false;
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw faultOfServer(error);
    }
    this.#client = client;
    client.once('end', () => this.#lost());
    return true;
  }

  #lost(): void {
    if (this.#isReleased) return;
    this.#cancelTimer = this.#deps.clock.after(RETRY_MS, () => {
      this.#acquire()
        .then((isHeld) => {
          if (isHeld) return;
          this.#deps.log.error('another program works on this database');
          this.#lost();
        })
        .catch(() => this.#lost());
    });
  }
}
