import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openTestStore, testEngines, type TestEngine } from '../../testing/test-store.ts';
import { MIGRATIONS, POSTGRES_MIGRATIONS } from '../migrations.ts';
import type { Db } from '../schema.ts';

/** The partitions of a table are tables of their own; SQLite has none. */
async function partitionsOf(db: Db, engine: TestEngine): Promise<Set<string>> {
  if (engine === 'sqlite') return new Set();
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on oid = inhrelid`.execute(db);
  return new Set(rows.map(({ name }) => name));
}

/** Tables with their columns, and whether each may be null. */
async function shapeOf(engine: TestEngine): Promise<Record<string, Record<string, boolean>>> {
  const { db } = await openTestStore(engine);
  const tables = await db.introspection.getTables();
  const partitions = await partitionsOf(db, engine);
  const shape: Record<string, Record<string, boolean>> = {};
  for (const { name, columns } of tables) {
    if (name.startsWith('kysely_') || partitions.has(name)) continue;
    shape[name] = Object.fromEntries(
      columns
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .map((column) => [column.name, column.isNullable]),
    );
  }
  return shape;
}

/** Names of indexes that are not made by a constraint, with their tables. */
async function indexesOf(engine: TestEngine): Promise<string[]> {
  const { db } = await openTestStore(engine);
  const query =
    engine === 'sqlite'
      ? sql<{
          name: string;
        }>`select name from sqlite_master where type = 'index' and sql is not null`
      : sql<{ name: string }>`
          select indexname as name from pg_indexes where schemaname = 'public' and indexname not in (
            select conname from pg_constraint where contype in ('p', 'u'))`;
  const partitions = await partitionsOf(db, engine);
  return (await query.execute(db)).rows
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('kysely_') && !partitions.has(name))
    .toSorted((a, b) => a.localeCompare(b));
}

it('end with the same step on both engines', () => {
  expect(Object.keys(POSTGRES_MIGRATIONS).at(-1)).toBe(Object.keys(MIGRATIONS).at(-1));
});

it.skipIf(testEngines().length < 2)(
  'make the same tables and indexes on both engines',
  async () => {
    const [sqlite, postgres] = [await shapeOf('sqlite'), await shapeOf('postgres')];
    // A column that is a key of SQLite by itself may be null there by its name only.
    const keys = (shape: typeof sqlite) =>
      Object.fromEntries(Object.entries(shape).map(([table, of]) => [table, Object.keys(of)]));
    expect(keys(postgres)).toEqual(keys(sqlite));
    expect(await indexesOf('postgres')).toEqual(await indexesOf('sqlite'));
  },
);
