import Database from 'better-sqlite3';
import { z } from 'zod';

const JournalRecord = z.object({
  command_id: z.string(),
  state: z.string(),
  result: z
    .string()
    .nullable()
    .transform((text) => (text === null ? undefined : Outcome.parse(JSON.parse(text)).outcome)),
});
const Outcome = z.object({ outcome: z.string() });
const Count = z.object({ n: z.number() });

/** What the base has on its disk; read only, also while it runs. */
export class BaseRecords {
  readonly #database: Database.Database;

  constructor(file: string) {
    this.#database = new Database(file, { readonly: true });
  }

  close(): void {
    this.#database.close();
  }

  /** Outcome of each command in the journal; undefined: it has not ended. */
  journal(): Map<string, string | undefined> {
    const rows = this.#database.prepare('select command_id, state, result from journal').all();
    return new Map(
      z
        .array(JournalRecord)
        .parse(rows)
        .map(({ command_id: id, result }) => [id, result]),
    );
  }

  /** Events that the hub has not settled. */
  outbox(): number {
    return this.#count('select count(*) as n from outbox');
  }

  #count(query: string): number {
    return Count.parse(this.#database.prepare(query).get()).n;
  }
}
