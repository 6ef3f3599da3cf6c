import {
  type Compilable,
  type CompiledQuery,
  type QueryResult,
  type RawBuilder,
  sql,
} from 'kysely';
import { DirectAdapter, type DirectStatement } from './engine/sqlite/direct-adapter.ts';
import type { Db } from './schema.ts';

/** A place in a query that each run fills with the parameter of this name. */
type SlotMaker<P> = <K extends keyof P>(name: K) => RawBuilder<P[K]>;

/** A query whose text is made once; only its values differ from run to run. */
export interface Prepared<P, R> {
  readonly run: (db: Db, params: P) => Promise<QueryResult<R>>;
  readonly rows: (db: Db, params: P) => Promise<R[]>;
  readonly first: (db: Db, params: P) => Promise<R | undefined>;
}

/** What is made at the first run in a database. */
interface Made<P, R> {
  readonly query: CompiledQuery<R>;
  /** A parameter's name, or the value that it always has. */
  readonly parameters: readonly ({ readonly name: keyof P } | { readonly value: unknown })[];
  /** Where the engine needs no turn of the event loop. */
  readonly direct: DirectStatement<R> | undefined;
}

/**
 * Building a query and writing it as SQL takes longer than SQLite takes to
 * run the small ones of the hot paths. This does both once for each database,
 * at the first run. In a transaction, which has the connection for itself,
 * they run at once: a pool's promises take as long as the query itself.
 */
export function prepared<P>() {
  return <R>(build: (db: Db, slot: SlotMaker<P>) => Compilable<R>): Prepared<P, R> => {
    const madeFor = new WeakMap<object, Made<P, R>>();
    const madeIn = (db: Db): Made<P, R> => {
      const { adapter } = db.getExecutor();
      const known = madeFor.get(adapter);
      if (known) return known;
      const fresh = make(db, build);
      madeFor.set(adapter, fresh);
      return fresh;
    };
    const run = async (db: Db, params: P): Promise<QueryResult<R>> => {
      const { query, parameters, direct } = madeIn(db);
      const values = parameters.map((one) => ('name' in one ? params[one.name] : one.value));
      if (direct?.mayRun(db)) return direct.run(values);
      return await db.executeQuery<R>({ ...query, parameters: values });
    };
    return {
      run,
      rows: async (db, params) => (await run(db, params)).rows,
      first: async (db, params) => (await run(db, params)).rows[0],
    };
  };
}

function make<P, R>(db: Db, build: (db: Db, slot: SlotMaker<P>) => Compilable<R>): Made<P, R> {
  const slots = new Map<unknown, keyof P>();
  const slot: SlotMaker<P> = <K extends keyof P>(name: K) => {
    const place = Symbol('slot');
    slots.set(place, name);
    return sql<P[K]>`${place}`;
  };
  const query = build(db, slot).compile();
  const parameters = query.parameters.map((value) => {
    const name = slots.get(value);
    return name === undefined ? { value } : { name };
  });
  const { adapter } = db.getExecutor();
  const direct = adapter instanceof DirectAdapter ? adapter.statement<R>(query.sql) : undefined;
  return { query, parameters, direct };
}
