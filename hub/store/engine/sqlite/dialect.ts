import { type RawBuilder, sql } from 'kysely';
import type { ListColumns, SqlDialect } from '../adapter.ts';

/** The rows are passed as JSON. */
function list(
  columns: ListColumns,
  slot: (name: string) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  const selected = Object.keys(columns).map(
    (name, index) => sql`row.value ->> ${sql.lit(index)} as ${sql.ref(name)}`,
  );
  return sql`(select row.key as place, ${sql.join(selected)} from json_each(${slot('rows')}) as row)`;
}

export const SQLITE_DIALECT: SqlDialect = {
  nowMs: sql`cast(unixepoch('now', 'subsec') * 1000 as integer)`,
  least: (a, b) => sql`min(${a}, ${b})`,
  greatest: (a, b) => sql`max(${a}, ${b})`,
  list,
  packed: (_columns, rows) => ({ rows: JSON.stringify(rows) }),
  // Keeps the order of the tables.
  thenJoin: sql`cross join`,
  // There is one writer.
  skipLocked: sql``,
  fromIndex: (table, index) => `${table} indexed by ${index}`,
};
