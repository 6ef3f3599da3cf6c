import Database from 'better-sqlite3';
import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import {
  type BulkColumn,
  type BulkRow,
  type BulkTable,
  type BulkTables,
  type BulkValue,
  type ForeignKey,
  isInternalTable,
  quoted,
  UNFINISHED_COPY,
} from '../bulk-tables.ts';
import { databaseFile } from './database.ts';

const Column = z.object({ name: z.string(), type: z.string(), pk: z.number() });
const Reference = z.object({
  id: z.number(),
  seq: z.number(),
  table: z.string(),
  from: z.string(),
  to: z.string().nullable(),
});
const Named = z.object({ name: z.string() });

export interface SqliteTablesOptions {
  readonly readonly: boolean;
}

/** The tables of the database in a data folder, which must exist. */
export function openSqliteTables(folder: string, options: SqliteTablesOptions): BulkTables {
  const sqlite = new Database(databaseFile(folder), { ...options, fileMustExist: true });
  sqlite.pragma('busy_timeout = 5000');
  sqlite.pragma('foreign_keys = ON');
  return new SqliteTables(sqlite);
}

class SqliteTables implements BulkTables {
  readonly #sqlite: Database.Database;

  constructor(sqlite: Database.Database) {
    this.#sqlite = sqlite;
  }

  readonly list = async (): Promise<BulkTable[]> => {
    await Promise.resolve();
    return this.#names()
      .filter((name) => !isInternalTable(name))
      .map((name) => this.#describe(name));
  };

  readonly migrations = async (): Promise<string[]> => {
    await Promise.resolve();
    if (!this.#names().includes('kysely_migration')) return [];
    const rows = this.#sqlite.prepare('select name from kysely_migration order by name').all();
    return rows.map((row) => Named.parse(row).name);
  };

  readonly isUnfinished = async (): Promise<boolean> => {
    await Promise.resolve();
    return this.#names().includes(UNFINISHED_COPY);
  };

  readonly count = async ({ name }: BulkTable): Promise<number> => {
    await Promise.resolve();
    return Number(
      this.#sqlite
        .prepare(`select count(*) from ${quoted(name)}`)
        .pluck()
        .get(),
    );
  };

  readonly page: BulkTables['page'] = async (table, { after, limit }) => {
    await Promise.resolve();
    const key = table.key.map(quoted).join(', ');
    const slots = table.key.map(() => '?').join(', ');
    const where = after === undefined ? '' : `where (${key}) > (${slots})`;
    const statement = this.#sqlite
      .prepare(
        `select ${table.columns.map(({ name }) => quoted(name)).join(', ')}
           from ${quoted(table.name)} ${where} order by ${key} limit ?`,
      )
      .safeIntegers(true)
      .raw();
    const keyColumns = table.key.map((name) => columnOf(table, name));
    const from = (after ?? []).map((value, index) => bound(keyColumns[index], value));
    const rows = z.array(z.array(z.unknown())).parse(statement.all(...from, limit));
    return rows.map((row) =>
      row.map((value, index) => valueOf(table, table.columns[index], value)),
    );
  };

  readonly insert = async (table: BulkTable, rows: readonly BulkRow[]): Promise<void> => {
    await Promise.resolve();
    const statement = this.#sqlite.prepare(
      `insert into ${quoted(table.name)} (${table.columns.map(({ name }) => quoted(name)).join(', ')})
         values (${table.columns.map(() => '?').join(', ')})`,
    );
    this.#sqlite.transaction(() => {
      for (const row of rows) {
        statement.run(...row.map((value, index) => bound(table.columns[index], value)));
      }
    })();
  };

  readonly counter = async ({ name, counted }: BulkTable): Promise<string> => {
    await Promise.resolve();
    if (counted === undefined) return '0';
    const highest = `select coalesce(max(${quoted(counted)}), 0) from ${quoted(name)}`;
    const given = this.#hasSequences()
      ? this.#integer('select seq from sqlite_sequence where name = ?', name)
      : 0n;
    const used = this.#integer(highest);
    return String(given > used ? given : used);
  };

  /** Only tables that never give a number twice remember it; the others go by their rows. */
  readonly setCounter = async ({ name, counted }: BulkTable, value: string): Promise<void> => {
    await Promise.resolve();
    if (counted === undefined || !this.#remembers(name)) return;
    this.#sqlite.transaction(() => {
      this.#sqlite.prepare('delete from sqlite_sequence where name = ?').run(name);
      const insert = 'insert into sqlite_sequence (name, seq) values (?, ?)';
      this.#sqlite.prepare(insert).run(name, BigInt(value));
    })();
  };

  readonly close = async (): Promise<void> => {
    await Promise.resolve();
    this.#sqlite.close();
  };

  #names(): string[] {
    const rows = this.#sqlite.prepare(`select name from sqlite_master where type = 'table'`).all();
    return rows.map((row) => Named.parse(row).name);
  }

  #describe(name: string): BulkTable {
    const columns = z.array(Column).parse(this.#sqlite.pragma(`table_info(${quoted(name)})`));
    const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
    const [only] = key;
    const isCounted = key.length === 1 && only?.type.toLowerCase() === 'integer';
    return {
      name,
      columns: columns
        .map((column): BulkColumn => ({ name: column.name, kind: kindOf(column.type) }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      key: key.map((column) => column.name),
      foreignKeys: this.#foreignKeys(name),
      counted: isCounted ? only.name : undefined,
    };
  }

  #foreignKeys(name: string): ForeignKey[] {
    const rows = z
      .array(Reference)
      .parse(this.#sqlite.pragma(`foreign_key_list(${quoted(name)})`))
      .toSorted((a, b) => a.id - b.id || a.seq - b.seq);
    return [...new Set(rows.map(({ id }) => id))].map((id) => {
      const parts = rows.filter((row) => row.id === id);
      return {
        columns: parts.map(({ from }) => from),
        table: parts[0]?.table ?? '',
        references: parts.map(({ to, from }) => to ?? from),
      };
    });
  }

  #hasSequences(): boolean {
    return this.#names().includes('sqlite_sequence');
  }

  #remembers(name: string): boolean {
    const text = this.#sqlite.prepare('select sql from sqlite_master where name = ?').pluck();
    return /\bautoincrement\b/i.test(String(text.get(name)));
  }

  #integer(query: string, ...parameters: string[]): bigint {
    const value: unknown = this.#sqlite
      .prepare(query)
      .safeIntegers(true)
      .pluck()
      .get(...parameters);
    return typeof value === 'bigint' ? value : 0n;
  }
}

function columnOf(table: BulkTable, name: string): BulkColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

function kindOf(type: string): BulkColumn['kind'] {
  switch (type.toLowerCase()) {
    case 'integer':
      return 'integer';
    case 'real':
      return 'real';
    case 'text':
      return 'text';
    case 'blob':
      return 'bytes';
    default:
      throw new AppError('internal', { details: { type } });
  }
}

function bound(column: BulkColumn | undefined, value: BulkValue): BulkValue | bigint {
  return column?.kind === 'integer' && typeof value === 'string' ? BigInt(value) : value;
}

/** SQLite lets any column hold anything. */
function valueOf(table: BulkTable, column: BulkColumn | undefined, value: unknown): BulkValue {
  if (value === null) return null;
  const fits = column && FITTING[column.kind](value);
  if (fits !== undefined) return fits;
  const details = { table: table.name, column: column?.name, holds: typeof value };
  throw new AppError('internal', { details });
}

const FITTING: Readonly<Record<BulkColumn['kind'], (value: unknown) => BulkValue | undefined>> = {
  integer: (value) => (typeof value === 'bigint' ? String(value) : undefined),
  real: (value) => (typeof value === 'number' ? value : undefined),
  text: (value) => (typeof value === 'string' ? value : undefined),
  bytes: (value) => (Buffer.isBuffer(value) ? value : undefined),
};
