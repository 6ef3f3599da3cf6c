import type { Db, Tx } from '../../schema.ts';
import { openReader } from './database.ts';

/**
 * Reads of several queries that see the state of one commit, whatever is written meanwhile.
 * They have a connection of their own, so that no commit waits for them, and run one after
 * another. The callers bound how many wait.
 */
export class ReadTransactions {
  readonly #folder: string;
  #db: Db | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run<T>(read: (tx: Tx) => Promise<T>): Promise<T> {
    this.#db ??= openReader(this.#folder);
    return await this.#db.transaction().execute(read);
  }

  async close(): Promise<void> {
    const db = this.#db;
    this.#db = undefined;
    await db?.destroy();
  }
}
