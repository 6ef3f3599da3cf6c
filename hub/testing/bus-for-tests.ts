import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { HubConfig } from '../config/config.ts';
import { isRedisInstalled, RedisServer } from './redis-server.ts';

export type BusName = 'NOTIFY' | 'Redis';

export const BUSES: readonly BusName[] = isRedisInstalled() ? ['NOTIFY', 'Redis'] : ['NOTIFY'];

/** A bus for hubs on this database, up to the end of the test, and how it is cut. */
export async function temporaryBus(
  name: BusName,
  database: string,
): Promise<{ readonly config: Partial<HubConfig>; readonly cut: () => Promise<void> }> {
  if (name === 'NOTIFY') return { config: {}, cut: () => cutNotify(database) };
  const server = await RedisServer.create();
  onTestFinished(() => server.remove());
  return {
    config: { bus: server.url },
    cut: async () => {
      await server.kill();
    },
  };
}

async function cutNotify(database: string): Promise<void> {
  const admin = new pg.Client({ connectionString: database });
  await admin.connect();
  onTestFinished(() => admin.end());
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'signalbox hub bus'`,
  );
}
