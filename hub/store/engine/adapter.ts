import { AppError } from '#protocol/errors.ts';
import {
  type CompiledQuery,
  type DialectAdapter,
  type Kysely,
  type QueryResult,
  type RawBuilder,
  sql,
} from 'kysely';

/** A statement that runs synchronously. */
export interface DirectStatement<R> {
  /** Whether no other transaction is open: the statement would become part of it. */
  readonly mayRun: (db: Pick<Kysely<unknown>, 'isTransaction'>) => boolean;
  readonly run: (parameters: readonly unknown[]) => QueryResult<R>;
}

/** A query whose text does not change from run to run. */
export interface PreparedQuery<R> {
  readonly query: CompiledQuery<R>;
  /** Undefined if the engine answers asynchronously. */
  readonly direct: DirectStatement<R> | undefined;
}

/** Columns, by name, of a list of rows that is passed with a query. */
export type ListColumns = Readonly<Record<string, 'bigint' | 'float8' | 'text'>>;
/** Values in the order of the columns. */
export type ListRow = readonly (number | string)[];

/** The SQL in which the engines differ. */
export interface SqlDialect {
  /** Milliseconds since 1970 by the clock of the database, which all of its hubs share. */
  readonly nowMs: RawBuilder<number>;
  /** The lesser of two values that are not null. */
  readonly least: <T>(a: RawBuilder<T>, b: RawBuilder<T>) => RawBuilder<T>;
  readonly greatest: <T>(a: RawBuilder<T>, b: RawBuilder<T>) => RawBuilder<T>;
  /**
   * A table of rows that are passed with the query, whose text is the same for any number of
   * them; `place` is the index of a row, from 0.
   *
   * @param slot where a parameter stands that {@link packed} makes.
   */
  readonly list: (
    columns: ListColumns,
    slot: (name: string) => RawBuilder<unknown>,
  ) => RawBuilder<unknown>;
  /** Rows as the parameters of such a table. */
  readonly packed: (
    columns: ListColumns,
    rows: readonly ListRow[],
  ) => Readonly<Record<string, unknown>>;
  /** A join with a condition; where the engine allows it, its left side is read first. */
  readonly thenJoin: RawBuilder<unknown>;
  /** At the end of a query whose rows are locked: without those that somebody else has. */
  readonly skipLocked: RawBuilder<unknown>;
  /** A table, with the index to use where the engine allows naming one. */
  readonly fromIndex: (table: string, index: string) => string;
}

/** What the hub's queries need to know about their engine. */
export interface EngineAdapter extends DialectAdapter {
  readonly engine: 'sqlite' | 'postgres';
  readonly dialect: SqlDialect;
  readonly prepare: <R>(query: CompiledQuery<R>) => PreparedQuery<R>;
}

/** The engine that a database, or a transaction on it, runs on. */
export function engineOf(db: {
  readonly getExecutor: Kysely<unknown>['getExecutor'];
}): EngineAdapter {
  const { adapter } = db.getExecutor();
  if (!isEngine(adapter)) throw new AppError('internal');
  return adapter;
}

function isEngine(adapter: DialectAdapter): adapter is EngineAdapter {
  return 'engine' in adapter;
}

/** A table of rows in a query that is not prepared. */
export function listOf(
  dialect: SqlDialect,
  columns: ListColumns,
  rows: readonly ListRow[],
): RawBuilder<unknown> {
  const packed = dialect.packed(columns, rows);
  return dialect.list(columns, (name) => sql`${packed[name]}`);
}
