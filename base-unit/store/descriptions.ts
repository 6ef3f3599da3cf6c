import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { ThingDescription } from '#protocol/thing/thing-description.ts';
import { rowOf } from './row.ts';

const Row = z
  .object({ description: z.string() })
  .transform(({ description }) => ThingDescription.parse(JSON.parse(description)));

/** What units said of themselves, by schema hash, so that a known unit is not asked again. */
export class Descriptions {
  readonly #find: Statement;
  readonly #put: Statement;
  /** Parsed once: many units share one description. */
  readonly #parsed = new Map<string, ThingDescription>();

  constructor(database: Database) {
    this.#find = database.prepare('SELECT description FROM descriptions WHERE schema_hash = ?');
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO descriptions (schema_hash, description) VALUES (?, ?)',
    );
  }

  find(schemaHash: string): ThingDescription | undefined {
    const parsed = this.#parsed.get(schemaHash) ?? rowOf(Row, this.#find.get(schemaHash));
    if (parsed) this.#parsed.set(schemaHash, parsed);
    return parsed;
  }

  put(description: ThingDescription): void {
    const hash = description['sb:schemaHash'];
    this.#put.run(hash, JSON.stringify(description));
    this.#parsed.set(hash, description);
  }
}
