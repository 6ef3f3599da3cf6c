import Database from 'better-sqlite3';
import { z } from 'zod';
import type { BulkColumn, BulkRow, BulkTable, BulkValue } from '../store/engine/bulk-tables.ts';
import { databaseFile } from '../store/engine/sqlite/database.ts';
import { openSqliteTables } from '../store/engine/sqlite/sqlite-tables.ts';
import { inForeignKeyOrder } from '../store/transfer/table-order.ts';

/** More than a number of JavaScript holds. */
const BIG = 9_007_199_254_740_993n;
const TEXTS = ['B ä € 𝄞 " \\ {"a": [1]} \n', "a, it's (b)", 'é'];
const REALS = [0.1, -1e300, 5e-324];
const BYTES = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

interface Filled {
  readonly table: BulkTable;
  readonly rows: readonly BulkRow[];
}

/**
 * Rows for every table that there is, with each kind of value, and null wherever it may be.
 * A new table is filled by itself, or fails the test that fills it.
 */
export async function fillEveryTable(folder: string, rowsEach = 3): Promise<readonly BulkTable[]> {
  const tables = openSqliteTables(folder, { readonly: false });
  const mayBeNull = nullableColumns(folder);
  const filled = new Map<string, Filled>();
  try {
    const ordered = inForeignKeyOrder(await tables.list());
    for (const table of ordered) {
      const rows = Array.from({ length: rowsEach }, (_, index) =>
        table.columns.map((column) => {
          const parent = parentOf({ table, column, index }, filled);
          const isNull = index % 3 === 1 && mayBeNull(table.name, column.name);
          const value = parent ?? (isNull ? null : sample(table, column, index));
          return exceptionOf(table, column, index, value);
        }),
      );
      await tables.insert(table, rows);
      filled.set(table.name, { table, rows });
    }
    return ordered;
  } finally {
    await tables.close();
  }
}

function sample(table: BulkTable, { name, kind }: BulkColumn, index: number): BulkValue {
  switch (kind) {
    case 'integer':
      return table.key.includes(name) ? String(index + 1) : String(BIG + BigInt(index));
    case 'real':
      return REALS[index % REALS.length] ?? 0;
    case 'text':
      return `${TEXTS[index % TEXTS.length]} ${name} ${index}`;
    case 'bytes':
      return BYTES;
    default:
      return kind satisfies never;
  }
}

const OF_BASE = ['base_key', 'base_id', 'host', 'port', 'link'];

/** What rules of single tables want otherwise. */
function exceptionOf(
  table: BulkTable,
  column: BulkColumn,
  index: number,
  value: BulkValue,
): BulkValue {
  // Some are unique where they are 1.
  if (column.name.startsWith('is_')) return '0';
  // An int2 in PostgreSQL.
  if (table.name === 'readings' && column.name === 'clock') return String(index % 3);
  if (table.name !== 'units') return value;
  const isDevice = index % 3 === 1;
  if (column.name === 'endpoint_kind') return isDevice ? 'mqtt_device' : 'base';
  if (column.name === 'device_id') return isDevice ? `device ${index}` : null;
  return isDevice && OF_BASE.includes(column.name) ? null : value;
}

/** The value of the row that this one refers to: the one at its place. */
function parentOf(
  at: { readonly table: BulkTable; readonly column: BulkColumn; readonly index: number },
  filled: ReadonlyMap<string, Filled>,
): BulkValue | undefined {
  for (const key of at.table.foreignKeys) {
    const place = key.columns.indexOf(at.column.name);
    const parent = filled.get(key.table);
    if (place === -1 || !parent) continue;
    const column = parent.table.columns.findIndex(({ name }) => name === key.references[place]);
    return parent.rows[at.index]?.[column];
  }
  return undefined;
}

const Column = z.object({ name: z.string(), notnull: z.number(), pk: z.number() });

function nullableColumns(folder: string): (table: string, column: string) => boolean {
  const sqlite = new Database(databaseFile(folder), { readonly: true });
  const names = sqlite.prepare(`select name from sqlite_master where type = 'table'`).pluck().all();
  const nullable = new Set(
    names.flatMap((table) =>
      z
        .array(Column)
        .parse(sqlite.pragma(`table_info("${String(table)}")`))
        .filter(({ notnull, pk }) => notnull === 0 && pk === 0)
        .map(({ name }) => `${String(table)}.${name}`),
    ),
  );
  sqlite.close();
  return (table, column) => nullable.has(`${table}.${column}`);
}
