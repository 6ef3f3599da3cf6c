import { AppError } from '#protocol/errors.ts';
import {
  type CompiledQuery,
  type DialectAdapter,
  type Kysely,
  type QueryResult,
  type RawBuilder,
  sql,
} from 'kysely';

/** A statement that runs when it is called, and not after a chain of promises. */
export interface DirectStatement<R> {
  /** Whether nobody else's transaction is open, of which it would be a part. */
  readonly mayRun: (db: Pick<Kysely<unknown>, 'isTransaction'>) => boolean;
  readonly run: (parameters: readonly unknown[]) => QueryResult<R>;
}

/** A query whose text does not change from run to run. */
export interface PreparedQuery<R> {
  readonly query: CompiledQuery<R>;
  /** Where the engine needs no turn of the event loop. */
  readonly direct: DirectStatement<R> | undefined;
}

/** Columns, by name, of a list of rows that a query brings along. */
export type ListColumns = Readonly<Record<string, 'bigint' | 'float8' | 'text'>>;
/** Values in the order of the columns. */
export type ListRow = readonly (number | string)[];

/** What one engine writes otherwise than the other. */
export interface SqlDialect {
  /** The lesser of two values that are not null. */
  readonly least: <T>(a: RawBuilder<T>, b: RawBuilder<T>) => RawBuilder<T>;
  readonly greatest: <T>(a: RawBuilder<T>, b: RawBuilder<T>) => RawBuilder<T>;
  /**
   * A table of rows that the query brings along, whose text is the same for any number of
   * them; `place` is the place of a row in it, from 0.
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
  /** A join, with a condition, that reads its left side first where the engine can be told so. */
  readonly thenJoin: RawBuilder<unknown>;
  /** The name of an index after that of its table, where the engine can be told which to use. */
  readonly fromIndex: (table: string, index: string) => string;
  /** At the end of a query: its rows stay as they are until the transaction ends. */
  readonly forUpdate: RawBuilder<unknown>;
  /** The same; rows that another transaction holds are left out. */
  readonly skipLocked: RawBuilder<unknown>;
}

/** What the hub's queries need to know of the engine below them. */
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
