import { createHash } from 'node:crypto';
import { type CompiledQuery, PostgresAdapter } from 'kysely';
import type { EngineAdapter, PreparedQuery } from '../adapter.ts';
import { POSTGRES_DIALECT } from './dialect.ts';

/** A query that each connection prepares once, under this name. */
export interface NamedQuery<R> extends CompiledQuery<R> {
  readonly statementName: string;
}

/** PostgreSQL plans a statement that has a name once for each connection. */
export class NamingPostgresAdapter extends PostgresAdapter implements EngineAdapter {
  readonly engine = 'postgres';
  readonly dialect = POSTGRES_DIALECT;

  prepare<R>(query: CompiledQuery<R>): PreparedQuery<R> {
    const statementName = createHash('sha256').update(query.sql).digest('base64url').slice(0, 22);
    const named: NamedQuery<R> = { ...query, statementName };
    return { query: named, direct: undefined };
  }
}

export function statementNameOf(query: CompiledQuery): string | undefined {
  return 'statementName' in query && typeof query.statementName === 'string'
    ? query.statementName
    : undefined;
}
