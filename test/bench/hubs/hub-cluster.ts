import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { PostgresServer, postgresPrograms } from '../../../hub/testing/postgres-server.ts';
import { type BenchProcess, startProcess } from '../bench-process.ts';
import { benchProgram, HUB_READY, SETUP_CODE, signalbox } from '../programs.ts';
import type { Entrance } from '../relay.ts';

export interface HubCluster extends Entrance {
  readonly server: PostgresServer;
  readonly database: string;
  /** Those behind the balancer, then those that only hear them. */
  readonly hubs: readonly BenchProcess[];
  readonly working: number;
  readonly balancer: BenchProcess;
  /** Of each hub, through the balancer. */
  readonly urls: readonly string[];
}

export interface ClusterOptions {
  readonly hubs: number;
  /** Hubs that nobody is sent to. */
  readonly listeners?: number;
  /** Before the first hub is started. */
  readonly prepare?: (database: string) => Promise<void>;
}

/** Several hubs on one PostgreSQL that syncs its commits, behind a balancer of TCP connections. */
export async function startCluster(
  { hubs: working, listeners = 0, prepare }: ClusterOptions,
  cleanup: Cleanup,
): Promise<HubCluster> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL is not installed');
  const server = await PostgresServer.create(programs, { under: tmpdir(), isDurable: true });
  cleanup.add(() => server.remove());
  const database = server.url('postgres');
  await prepare?.(database);
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  cleanup.add(() => client.end());

  const hubs: BenchProcess[] = [];
  /** As they are on record, in the order of `hubs`. */
  const ids: string[] = [];
  const folder = temporaryFolder(cleanup);
  for (let index = 0; index < working + listeners; index += 1) {
    const ports = ['--https-port', '0', '--http-port', '0', '--drain-wait', '0'];
    const args = ['--data', join(folder, `hub-${index}`), '--database', database, ...ports];
    hubs.push(
      await startProcess(
        { ...signalbox('hub', ...args, '--drain-time', '0'), sign: HUB_READY },
        cleanup,
      ),
    );
    const { rows } = await client.query<{ id: string }>('select id from hubs');
    ids.push(rows.map(({ id }) => id).find((id) => !ids.includes(id)) ?? '');
  }
  const ports = hubs
    .slice(0, working)
    .map((hub) => HUB_READY.exec(hub.output())?.groups?.['port'] ?? '');
  const balancer = await startProcess(
    {
      ...benchProgram('hubs/balancer.ts', ports.join(',')),
      sign: /^balancing (\S+)$/m,
    },
    cleanup,
  );
  const [, list = ''] = /^balancing (\S+)$/m.exec(balancer.output()) ?? [];
  const [url = '', ...urls] = list.split(',').map((port) => `https://127.0.0.1:${port}`);
  const [, setupCode = ''] = SETUP_CODE.exec(hubs[0]?.output() ?? '') ?? [];

  /** The hub that has the base's connection. */
  const hubOf = async (baseId: string): Promise<number> => {
    return await until('the base is at a hub', async () => {
      const { rows } = await client.query<{ hub_id: string | null }>(
        'select hub_id from bases where id = $1 and connection is not null',
        [baseId],
      );
      const index = ids.indexOf(rows[0]?.hub_id ?? '');
      return index === -1 ? undefined : { index };
    }).then(({ index }) => index);
  };
  return {
    ...{ server, database, hubs, working, balancer, url, urls, setupCode },
    caPem: readFileSync(join(folder, 'hub-0/tls/ca.pem'), 'utf8'),
    // The client hears of its commands from another hub than the base does.
    clientUrl: async (baseId) => urls[((await hubOf(baseId)) + 1) % working] ?? url,
  };
}
