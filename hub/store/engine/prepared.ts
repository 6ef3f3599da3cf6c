import { type Compilable, type QueryResult, type RawBuilder, sql } from 'kysely';
import { engineOf, type PreparedQuery } from './adapter.ts';
import type { Db } from '../schema.ts';

/** A place in a query that each run fills with the parameter of this name. */
type SlotMaker<P> = <K extends keyof P>(name: K) => RawBuilder<P[K]>;

/** A query whose text is made once; only its values differ from run to run. */
export interface Prepared<P, R> {
  readonly run: (db: Db, params: P) => Promise<QueryResult<R>>;
  readonly rows: (db: Db, params: P) => Promise<R[]>;
  readonly first: (db: Db, params: P) => Promise<R | undefined>;
}

/** Compiled at the first run in a database. */
interface Made<P, R> extends PreparedQuery<R> {
  /** A parameter's name, or its constant value. */
  readonly parameters: readonly ({ readonly name: keyof P } | { readonly value: unknown })[];
}

/**
 * Building a query and compiling it to SQL takes longer than SQLite takes to run the small
 * queries of the hot paths. This does both once per database, at the first run. In a
 * transaction, which owns the connection, they run synchronously: a pool's promises take as
 * long as the query itself.
 */
export function prepared<P>() {
  return <R>(build: (db: Db, slot: SlotMaker<P>) => Compilable<R>): Prepared<P, R> => {
    const madeFor = new WeakMap<object, Made<P, R>>();
    const madeIn = (db: Db): Made<P, R> => {
      const engine = engineOf(db);
      const known = madeFor.get(engine);
      if (known) return known;
      const fresh = make(db, build);
      madeFor.set(engine, fresh);
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
  return { ...engineOf(db).prepare(query), parameters };
}
