import { type RawBuilder, sql } from 'kysely';
import type { ListColumns, SqlDialect } from '../adapter.ts';

/** An array carries each column. */
function list(
  columns: ListColumns,
  slot: (name: string) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  const arrays = Object.entries(columns).map(
    ([name, type]) => sql`${slot(name)}::${sql.raw(type)}[]`,
  );
  const names = Object.keys(columns).map((name) => sql.ref(name));
  return sql`(select numbered.place - 1 as place, ${sql.join(names)}
    from unnest(${sql.join(arrays)}) with ordinality as numbered(${sql.join(names)}, place))`;
}

export const POSTGRES_DIALECT: SqlDialect = {
  nowMs: sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  least: (a, b) => sql`least(${a}, ${b})`,
  greatest: (a, b) => sql`greatest(${a}, ${b})`,
  list,
  packed: (columns, rows) =>
    Object.fromEntries(
      Object.keys(columns).map((name, index) => [name, rows.map((row) => row[index])]),
    ),
  thenJoin: sql`join`,
  skipLocked: sql`for update skip locked`,
  fromIndex: (table) => table,
};
