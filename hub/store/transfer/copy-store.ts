import type { Logger } from 'pino';
import { beginEpoch } from '../base-log.ts';
import type { BulkTable, BulkTables } from '../engine/bulk-tables.ts';
import { NEWEST_MIGRATION } from '../migrations.ts';
import { isNewStore, openStore, openTables, storeName, type StorePlace } from '../open-store.ts';
import type { Db } from '../schema.ts';
import { beginSiteEpoch } from '../site-events.ts';
import { markFinished, markUnfinished } from '../unfinished-copy.ts';
import { inForeignKeyOrder } from './table-order.ts';
import { digestOf, pagesOf, TableDigest } from './table-rows.ts';

export interface StoreCopy {
  readonly from: StorePlace;
  readonly to: StorePlace;
  readonly log: Logger;
  /** Aborted: it stops between two pages, and leaves an unfinished copy. */
  readonly stop: AbortSignal;
  readonly progress: (step: CopyProgress) => void;
}

export interface CopyProgress {
  readonly step: 'copied' | 'compared';
  readonly table: string;
  readonly rows: number;
  readonly of: number;
}

export type CopyOutcome =
  | { readonly ok: true; readonly tables: number; readonly rows: number }
  /** One sentence. */
  | { readonly ok: false; readonly message: string };

/**
 * Copies all rows of one database into another that is empty, on the other engine. Nobody else
 * may use either: the caller holds their locks. The source is only read.
 *
 * The copy begins new lives of all logs and streams: bases and dashboards must not take its
 * positions for those of the source, if somebody goes back to that.
 */
export async function copyStore(copy: StoreCopy): Promise<CopyOutcome> {
  const { from, to, log } = copy;
  if ((from.database === undefined) === (to.database === undefined)) {
    return { ok: false, message: `${storeName(to)} is on the same engine: use its own tools.` };
  }
  if (from.database === undefined && (await isNewStore(from, log))) {
    return { ok: false, message: `${storeName(from)} does not exist.` };
  }
  const source = await openTables(from, { readonly: true });
  try {
    const message = await whyNoSource(from, source);
    if (message !== undefined) return { ok: false, message };
    const isEmpty = await isNewStore(to, log);
    if (!isEmpty && !(await hasNoRows(to))) {
      return { ok: false, message: `${storeName(to)} is not empty: choose an empty one.` };
    }
    const store = await openStore(to, log);
    try {
      const target = await openTables(to, { readonly: false });
      try {
        return await new Copying(copy, { source, target, db: store.db }).run();
      } finally {
        await target.close();
      }
    } finally {
      await store.close();
    }
  } finally {
    await source.close();
  }
}

/** The target is at the newest step: it is opened as a hub does. */
async function whyNoSource(place: StorePlace, tables: BulkTables): Promise<string | undefined> {
  const name = storeName(place);
  if (await tables.isUnfinished()) return `${name} holds a copy that was not finished.`;
  const last = (await tables.migrations()).at(-1);
  if (last === undefined) return `${name} holds no data of a hub.`;
  if (last === NEWEST_MIGRATION) return undefined;
  return last > NEWEST_MIGRATION
    ? `${name} was written by a newer version of Signalbox (${last}): copy with that one.`
    : `${name} was written by an older version of Signalbox (${last}): start this one's hub on it once, which brings it to ${NEWEST_MIGRATION}, then copy.`;
}

async function hasNoRows(place: StorePlace): Promise<boolean> {
  const tables = await openTables(place, { readonly: true });
  try {
    for (const table of await tables.list()) {
      if ((await tables.count(table)) > 0) return false;
    }
    return true;
  } finally {
    await tables.close();
  }
}

class Copying {
  readonly #copy: StoreCopy;
  readonly #source: BulkTables;
  readonly #target: BulkTables;
  readonly #db: Db;

  constructor(
    copy: StoreCopy,
    at: { readonly source: BulkTables; readonly target: BulkTables; readonly db: Db },
  ) {
    this.#copy = copy;
    this.#source = at.source;
    this.#target = at.target;
    this.#db = at.db;
  }

  async run(): Promise<CopyOutcome> {
    const unlike = await this.#whyOtherTables();
    if (unlike !== undefined) return { ok: false, message: unlike };
    const tables = inForeignKeyOrder(await this.#tables());
    await markUnfinished(this.#db);
    const digests = new Map<string, TableDigest>();
    for (const table of tables) {
      const digest = await this.#copyRows(table);
      if (typeof digest === 'string') return { ok: false, message: digest };
      digests.set(table.name, digest);
    }
    const unequal = await this.#whyUnequal(tables, digests);
    if (unequal !== undefined) return { ok: false, message: unequal };
    await this.#finish();
    const rows = [...digests.values()].reduce((sum, digest) => sum + digest.rows, 0);
    return { ok: true, tables: tables.length, rows };
  }

  async #whyOtherTables(): Promise<string | undefined> {
    const shape = (tables: readonly BulkTable[]) =>
      JSON.stringify(tables.map(({ name, columns }) => [name, columns]).toSorted());
    const [here, there] = [await this.#source.list(), await this.#target.list()];
    if (shape(here) === shape(there)) return undefined;
    return `${storeName(this.#copy.from)} and the empty one have other tables or columns: one of them was changed by hand.`;
  }

  /** As SQLite describes them: all of its tables have a key. */
  async #tables(): Promise<readonly BulkTable[]> {
    const isFromSqlite = this.#copy.from.database === undefined;
    return await (isFromSqlite ? this.#source : this.#target).list();
  }

  /** @returns why it stopped, in a sentence. */
  async #copyRows(table: BulkTable): Promise<TableDigest | string> {
    const { stop, progress } = this.#copy;
    const of = await this.#source.count(table);
    const digest = new TableDigest();
    for await (const rows of pagesOf(this.#source, table)) {
      if (stop.aborted) return this.#interrupted();
      digest.add(rows);
      try {
        await this.#target.insert(table, rows);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return `${storeName(this.#copy.to)} refuses rows of ${table.name}: ${reason}. It holds a part now, on which no hub starts.`;
      }
      progress({ step: 'copied', table: table.name, rows: digest.rows, of });
    }
    await this.#target.setCounter(table, await this.#source.counter(table));
    return digest;
  }

  async #whyUnequal(
    tables: readonly BulkTable[],
    digests: ReadonlyMap<string, TableDigest>,
  ): Promise<string | undefined> {
    for (const table of tables) {
      if (this.#copy.stop.aborted) return this.#interrupted();
      const copied = digests.get(table.name);
      const found = await digestOf(this.#target, table);
      const rows = copied?.rows ?? 0;
      if (found.rows !== rows || found.sha256 !== copied?.sha256) {
        return `The copy of ${table.name} is not equal (${found.rows} rows of ${rows}): do not use it.`;
      }
      this.#copy.progress({ step: 'compared', table: table.name, rows, of: rows });
    }
    return undefined;
  }

  #interrupted(): string {
    return `Interrupted: ${storeName(this.#copy.to)} holds a part, on which no hub starts. Empty it before you copy again.`;
  }

  async #finish(): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const { key } of await tx.selectFrom('bases').select('key').execute()) {
        await beginEpoch(tx, key);
      }
      for (const { id } of await tx.selectFrom('sites').select('id').execute()) {
        await beginSiteEpoch(tx, id);
      }
      await markFinished(tx);
    });
  }
}
