import pg from 'pg';
import { AppError } from '#protocol/errors.ts';
import {
  type BulkColumn,
  type BulkRow,
  type BulkTable,
  type BulkTables,
  type ForeignKey,
  isInternalTable,
  quoted,
  UNFINISHED_COPY,
} from '../bulk-tables.ts';
import { faultOfServer } from './server-faults.ts';

/** Object ids of types (src/include/catalog/pg_type.dat of PostgreSQL). */
const INTEGERS = [20, 21, 23];
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Each table by itself, whatever partitions it has. A column of a foreign key or of a primary
 * key stands at its place in it.
 */
const DESCRIPTION = `
  select c.relname as name,
    (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
        'isCounted', a.attidentity <> '') order by a.attname collate "C")
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns,
    (select json_agg(a.attname order by k.place)
      from pg_index i cross join lateral unnest(i.indkey) with ordinality as k (number, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
      where i.indrelid = c.oid and i.indisprimary) as key,
    (select json_agg(json_build_object('table', f.confrelid::regclass::text,
        'columns', (select json_agg(a.attname order by k.place)
          from unnest(f.conkey) with ordinality as k (number, place)
          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number),
        'references', (select json_agg(a.attname order by k.place)
          from unnest(f.confkey) with ordinality as k (number, place)
          join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number)))
      from pg_constraint f where f.conrelid = c.oid and f.contype = 'f') as references
  from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    and not c.relispartition
  order by c.relname collate "C"`;

interface Described {
  readonly name: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly isCounted: boolean;
  }[];
  readonly key: readonly string[] | null;
  readonly references: readonly ForeignKey[] | null;
}

export interface PostgresTablesOptions {
  /** One state of the database for all that is read, and nothing can be written. */
  readonly readonly: boolean;
}

/** @throws AppError `storage_unavailable`, or what the server refuses the connection with. */
export async function openPostgresTables(
  url: string,
  options: PostgresTablesOptions,
): Promise<BulkTables> {
  const types = new pg.TypeOverrides();
  for (const type of INTEGERS) types.setTypeParser(type, String);
  const client = new pg.Client({
    connectionString: url,
    application_name: 'signalbox db',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types,
  });
  // The next query fails with it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (options.readonly) await client.query('begin isolation level repeatable read read only');
    // The commit that finishes a copy waits for the disk, and with it for all before it.
    else await client.query('set synchronous_commit = off');
  } catch (error) {
    await client.end().catch(() => undefined);
    throw faultOfServer(error);
  }
  return new PostgresTables(client);
}

class PostgresTables implements BulkTables {
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  readonly list = async (): Promise<BulkTable[]> => {
    const { rows } = await this.#client.query<Described>(DESCRIPTION);
    return rows.filter(({ name }) => !isInternalTable(name)).map(tableOf);
  };

  readonly migrations = async (): Promise<string[]> => {
    const there = await this.#client.query(
      `select 1 where to_regclass('kysely_migration') is null`,
    );
    if (there.rowCount === 1) return [];
    const { rows } = await this.#client.query<{ name: string }>(
      'select name from kysely_migration order by name collate "C"',
    );
    return rows.map(({ name }) => name);
  };

  readonly isUnfinished = async (): Promise<boolean> => {
    const { rowCount } = await this.#client.query('select 1 where to_regclass($1) is not null', [
      UNFINISHED_COPY,
    ]);
    return rowCount === 1;
  };

  readonly count = async ({ name }: BulkTable): Promise<number> => {
    const counted = await this.#client.query<{ count: string }>(
      `select count(*) as count from ${quoted(name)}`,
    );
    return Number(counted.rows[0]?.count);
  };

  readonly page: BulkTables['page'] = async (table, { after, limit }) => {
    const key = table.key.map((name) => bytewise(table, name)).join(', ');
    const slots = table.key.map((_, index) => `$${index + 2}`).join(', ');
    const where = after === undefined ? '' : `where (${key}) > (${slots})`;
    const { rows } = await this.#client.query<(string | number | Buffer | null)[]>({
      text: `select ${table.columns.map(({ name }) => quoted(name)).join(', ')}
        from ${quoted(table.name)} ${where} order by ${key} limit $1`,
      values: [limit, ...(after ?? [])],
      rowMode: 'array',
    });
    return rows;
  };

  readonly insert = async (table: BulkTable, rows: readonly BulkRow[]): Promise<void> => {
    const names = table.columns.map(({ name }) => quoted(name)).join(', ');
    const lists = table.columns.map(({ kind }, index) => `$${index + 1}::${ARRAYS[kind]}`);
    await this.#client.query(
      `insert into ${quoted(table.name)} (${names}) select * from unnest(${lists.join(', ')})`,
      table.columns.map((_, index) => rows.map((row) => row[index])),
    );
  };

  readonly counter = async (table: BulkTable): Promise<string> => {
    const sequence = await this.#sequence(table);
    if (sequence === undefined) return '0';
    const { rows } = await this.#client.query<{ value: string }>(
      `select case when is_called then last_value else last_value - 1 end as value from ${sequence}`,
    );
    return rows[0]?.value ?? '0';
  };

  readonly setCounter = async (table: BulkTable, value: string): Promise<void> => {
    const sequence = await this.#sequence(table);
    if (sequence === undefined) return;
    // A sequence cannot stand at 0: it has not been called yet, then.
    await this.#client.query(
      'select setval($1::regclass, greatest($2::bigint, 1), $2::bigint > 0)',
      [sequence, value],
    );
  };

  readonly close = async (): Promise<void> => {
    await this.#client.end();
  };

  async #sequence({ name, counted }: BulkTable): Promise<string | undefined> {
    if (counted === undefined) return undefined;
    const { rows } = await this.#client.query<{ sequence: string | null }>(
      'select pg_get_serial_sequence($1, $2) as sequence',
      [quoted(name), counted],
    );
    return rows[0]?.sequence ?? undefined;
  }
}

/** What a column of a kind is inserted as; the server makes it smaller where its column is. */
const ARRAYS: Readonly<Record<BulkColumn['kind'], string>> = {
  integer: 'bigint[]',
  real: 'float8[]',
  text: 'text[]',
  bytes: 'bytea[]',
};

function tableOf({ name, columns, key, references }: Described): BulkTable {
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, kind: kindOf(column.type) })),
    key: key ?? [],
    foreignKeys: references ?? [],
    counted: columns.find(({ isCounted }) => isCounted)?.name,
  };
}

function kindOf(type: string): BulkColumn['kind'] {
  switch (type) {
    case 'bigint':
    case 'integer':
    case 'smallint':
      return 'integer';
    case 'double precision':
      return 'real';
    case 'text':
      return 'text';
    case 'bytea':
      return 'bytes';
    default:
      throw new AppError('internal', { details: { type } });
  }
}

/** In the order of SQLite. */
function bytewise(table: BulkTable, name: string): string {
  const isText = table.columns.find((column) => column.name === name)?.kind === 'text';
  return isText ? `${quoted(name)} collate "C"` : quoted(name);
}
