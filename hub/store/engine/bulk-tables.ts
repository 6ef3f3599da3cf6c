/** Integers are decimal text: 64 bits of them do not fit a number of JavaScript. */
export type BulkValue = string | number | Buffer | null;
export type BulkRow = readonly BulkValue[];

export interface BulkColumn {
  readonly name: string;
  readonly kind: 'integer' | 'real' | 'text' | 'bytes';
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly table: string;
  readonly references: readonly string[];
}

/** A table as the database itself describes it, so that none can be forgotten. */
export interface BulkTable {
  readonly name: string;
  /** In the order of their names, which is the same on both engines. */
  readonly columns: readonly BulkColumn[];
  /** Of SQLite's primary key; a partitioned table of PostgreSQL may have none of its own. */
  readonly key: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  /** The column that the engine numbers by itself. */
  readonly counted: string | undefined;
}

/** All rows of all tables of a database, whatever they mean. */
export interface BulkTables {
  readonly list: () => Promise<readonly BulkTable[]>;
  /** Names of the migrations that were applied; none in an empty database. */
  readonly migrations: () => Promise<readonly string[]>;
  /** A copy into this database was not finished. */
  readonly isUnfinished: () => Promise<boolean>;
  readonly count: (table: BulkTable) => Promise<number>;
  /** Rows in the order of the key, after the one with this key. */
  readonly page: (
    table: BulkTable,
    from: { readonly after: BulkRow | undefined; readonly limit: number },
  ) => Promise<readonly BulkRow[]>;
  /** All or none. */
  readonly insert: (table: BulkTable, rows: readonly BulkRow[]) => Promise<void>;
  /** The highest number that was ever given out for the counted column, as text. */
  readonly counter: (table: BulkTable) => Promise<string>;
  readonly setCounter: (table: BulkTable, value: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Kysely's own, and what marks a copy. */
export function isInternalTable(name: string): boolean {
  return name.startsWith('kysely_') || name.startsWith('sqlite_') || name === UNFINISHED_COPY;
}

/** A table that is there while a copy into the database is not finished. */
export const UNFINISHED_COPY = 'unfinished_copy';

/** An SQL name. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Values of the key of a row. */
export function keyOf(table: BulkTable, row: BulkRow): BulkRow {
  return table.key.map(
    (name) => row[table.columns.findIndex((column) => column.name === name)] ?? null,
  );
}
