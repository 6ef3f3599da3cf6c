import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { ThingDescription } from '#protocol/thing/thing-description.ts';
import { rowOf } from './row.ts';

/** A description that today's rules do not allow counts as unknown: the unit is asked again. */
const Row = z
  .object({ description: z.string() })
  .transform(({ description }) => ThingDescription.safeParse(JSON.parse(description)).data);

/**
 * More kinds of units than anyone has; a unit that keeps changing its description must
 * not fill the disk.
 */
const MAX_DESCRIPTIONS = 500;

/** Units' descriptions by schema hash, so that a known unit is not asked again. */
export class Descriptions {
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #prune: Statement;
  /** Parsed once: many units share one description. */
  readonly #parsed = new Map<string, ThingDescription>();

  constructor(database: Database) {
    this.#find = database.prepare('SELECT description FROM descriptions WHERE schema_hash = ?');
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO descriptions (schema_hash, description) VALUES (?, ?)',
    );
    this.#prune = database.prepare(
      `DELETE FROM descriptions WHERE rowid NOT IN
       (SELECT rowid FROM descriptions ORDER BY rowid DESC LIMIT ${MAX_DESCRIPTIONS})`,
    );
  }

  find(schemaHash: string): ThingDescription | undefined {
    const parsed = this.#parsed.get(schemaHash) ?? rowOf(Row, this.#find.get(schemaHash));
    if (parsed) this.#keep(schemaHash, parsed);
    return parsed;
  }

  put(description: ThingDescription): void {
    const hash = description['sb:schemaHash'];
    this.#put.run(hash, JSON.stringify(description));
    this.#prune.run();
    this.#keep(hash, description);
  }

  #keep(hash: string, description: ThingDescription): void {
    this.#parsed.set(hash, description);
    const [oldest] = this.#parsed.keys();
    if (this.#parsed.size > MAX_DESCRIPTIONS && oldest !== undefined) this.#parsed.delete(oldest);
  }
}
