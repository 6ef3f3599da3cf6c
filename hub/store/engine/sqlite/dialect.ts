import { type RawBuilder, sql } from 'kysely';
import type { ListColumn, SqlDialect } from '../adapter.ts';

/** JSON carries the rows, so that the text of a query is the same for any number of them. */
function list(columns: readonly ListColumn[]): RawBuilder<unknown> {
  const count = columns[0]?.values.length ?? 0;
  const rows = Array.from({ length: count }, (_, row) => columns.map(({ values }) => values[row]));
  const selected = columns.map(
    ({ name }, index) => sql`row.value ->> ${sql.lit(index)} as ${sql.ref(name)}`,
  );
  return sql`(select row.key as place, ${sql.join(selected)} from json_each(${JSON.stringify(rows)}) as row)`;
}

export const SQLITE_DIALECT: SqlDialect = {
  least: (a, b) => sql`min(${a}, ${b})`,
  greatest: (a, b) => sql`max(${a}, ${b})`,
  list,
  // Keeps the order of the tables.
  thenJoin: sql`cross join`,
  fromIndex: (table, index) => `${table} indexed by ${index}`,
  // Whoever writes is alone.
  forUpdate: sql``,
  skipLocked: sql``,
};
