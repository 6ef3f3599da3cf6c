import {
  type Compilable,
  type CompiledQuery,
  type QueryResult,
  type RawBuilder,
  sql,
} from 'kysely';
import type { Db } from './schema.ts';

/** A place in a query that each run fills with the parameter of this name. */
type SlotMaker<P> = <K extends keyof P>(name: K) => RawBuilder<P[K]>;

/** A query whose text is made once; only its values differ from run to run. */
export interface Prepared<P, R> {
  readonly run: (db: Db, params: P) => Promise<QueryResult<R>>;
  readonly rows: (db: Db, params: P) => Promise<R[]>;
  readonly first: (db: Db, params: P) => Promise<R | undefined>;
}

/**
 * Building a query and writing it as SQL takes longer than SQLite takes to
 * run the small ones of the hot paths. This does both once for each database,
 * at the first run.
 */
export function prepared<P>() {
  return <R>(build: (db: Db, slot: SlotMaker<P>) => Compilable<R>): Prepared<P, R> => {
    const slots = new Map<unknown, keyof P>();
    const slot: SlotMaker<P> = <K extends keyof P>(name: K) => {
      const place = Symbol('slot');
      slots.set(place, name);
      return sql<P[K]>`${place}`;
    };
    const compiledFor = new WeakMap<object, CompiledQuery<R>>();
    const compiled = (db: Db): CompiledQuery<R> => {
      const { adapter } = db.getExecutor();
      const known = compiledFor.get(adapter);
      if (known) return known;
      const fresh = build(db, slot).compile();
      compiledFor.set(adapter, fresh);
      return fresh;
    };
    const run = (db: Db, params: P): Promise<QueryResult<R>> => {
      const query = compiled(db);
      const parameters = query.parameters.map((value) => {
        const name = slots.get(value);
        return name === undefined ? value : params[name];
      });
      return db.executeQuery<R>({ ...query, parameters });
    };
    return {
      run,
      rows: async (db, params) => (await run(db, params)).rows,
      first: async (db, params) => (await run(db, params)).rows[0],
    };
  };
}
