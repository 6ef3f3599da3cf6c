import { createHash } from 'node:crypto';
import { type BulkRow, type BulkTable, type BulkTables, keyOf } from '../engine/bulk-tables.ts';

/** Rows and bytes that are in memory at a time, as far as single rows are not larger. */
const MAX_ROWS = 5_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** The first page of a table: nothing is known of its rows then. */
const FIRST_ROWS = 16;
const MAX_GROWTH = 8;

/** All rows of a table in the order of its key, in pages of a bounded size. */
export async function* pagesOf(
  tables: Pick<BulkTables, 'page'>,
  table: BulkTable,
): AsyncGenerator<readonly BulkRow[]> {
  let limit = FIRST_ROWS;
  let after: BulkRow | undefined;
  for (;;) {
    const rows = await tables.page(table, { after, limit });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    if (rows.length < limit) return;
    after = keyOf(table, last);
    const bytesPerRow = rows.reduce((sum, row) => sum + bytesOf(row), 0) / rows.length;
    const fitting = Math.floor(MAX_BYTES / Math.max(1, bytesPerRow));
    limit = Math.max(1, Math.min(MAX_ROWS, limit * MAX_GROWTH, fitting));
  }
}

/** What a table holds, as a count and a checksum that both engines come to. */
export class TableDigest {
  readonly #hash = createHash('sha256');
  rows = 0;

  add(rows: readonly BulkRow[]): void {
    this.rows += rows.length;
    for (const row of rows) this.#hash.update(`${JSON.stringify(row.map(readable))}\n`);
  }

  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }
}

export async function digestOf(
  tables: Pick<BulkTables, 'page'>,
  table: BulkTable,
): Promise<TableDigest> {
  const digest = new TableDigest();
  for await (const rows of pagesOf(tables, table)) digest.add(rows);
  return digest;
}

/** JSON has no bytes, and no numbers that are none. */
function readable(value: BulkRow[number]): unknown {
  if (Buffer.isBuffer(value)) return { bytes: value.toString('base64') };
  return typeof value === 'number' ? { real: Object.is(value, -0) ? '-0' : String(value) } : value;
}

function bytesOf(row: BulkRow): number {
  let bytes = 0;
  for (const value of row) {
    bytes += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8;
  }
  return bytes;
}
