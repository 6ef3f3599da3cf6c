import { type RawBuilder, sql } from 'kysely';
import type { ListColumn, SqlDialect } from '../adapter.ts';

/** An array for each column, so that the text of a query is the same for any number of rows. */
function list(columns: readonly ListColumn[]): RawBuilder<unknown> {
  const arrays = columns.map(({ type, values }) => sql`${[...values]}::${sql.raw(type)}[]`);
  const names = columns.map(({ name }) => sql.ref(name));
  return sql`(select numbered.place - 1 as place, ${sql.join(names)}
    from unnest(${sql.join(arrays)}) with ordinality as numbered(${sql.join(names)}, place))`;
}

export const POSTGRES_DIALECT: SqlDialect = {
  least: (a, b) => sql`least(${a}, ${b})`,
  greatest: (a, b) => sql`greatest(${a}, ${b})`,
  list,
  thenJoin: sql`join`,
  fromIndex: (table) => table,
  forUpdate: sql`for update`,
  skipLocked: sql`for update skip locked`,
};
