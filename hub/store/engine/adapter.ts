import { AppError } from '#protocol/errors.ts';
import type { CompiledQuery, DialectAdapter, Kysely, QueryResult, RawBuilder } from 'kysely';

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

/** A column of a list of rows that a query brings along. */
export interface ListColumn {
  readonly name: string;
  readonly type: 'bigint' | 'float8' | 'text';
  readonly values: readonly (number | string)[];
}

/** What one engine writes otherwise than the other. */
export interface SqlDialect {
  /** The lesser of two values that are not null. */
  readonly least: <T>(a: RawBuilder<T>, b: RawBuilder<T>) => RawBuilder<T>;
  readonly greatest: <T>(a: RawBuilder<T>, b: RawBuilder<T>) => RawBuilder<T>;
  /** A table of rows that the query brings along; `place` is the place of a row in it, from 0. */
  readonly list: (columns: readonly ListColumn[]) => RawBuilder<unknown>;
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
