import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { type Balancer, noBalancer, startBalancer } from '../../harness/balancer.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { baseOnline, type FaultFixture, startFixture } from '../fault-fixture.ts';
import { noPostgres, SharedDatabase } from '../postgres-database.ts';
import { FaultHub } from '../programs/hub.ts';
import { DatabaseLine } from './database-line.ts';

export interface ClusterOptions {
  /** Names the folder of the logs: build/faults/<name>. */
  readonly name: string;
  readonly hubs: number;
  readonly lamps: number;
  readonly sensors: number;
  readonly sensorPeriodMs?: number;
  /** Of the hub at this place. */
  readonly hubArgs?: (index: number) => readonly string[];
  readonly cleanup: Cleanup;
}

/** A hub among others, and its line to the database. */
export interface ClusterHub {
  readonly hub: FaultHub;
  readonly line: DatabaseLine;
}

/** Hubs on one PostgreSQL behind HAProxy, with a site whose base and owner come through it. */
export interface Cluster {
  readonly fixture: FaultFixture;
  readonly hubs: readonly ClusterHub[];
  readonly database: SharedDatabase;
  readonly balancer: Balancer;
  /** Of the owner, to read. */
  readonly token: string;
  readonly cleanup: Cleanup;
}

/** Why several hubs cannot be played here; undefined: they can. */
export function noCluster(): string | undefined {
  return noPostgres() ?? noBalancer();
}

/** As the documented balancer needs it. */
const BEHIND_PROXY = ['--trusted-proxies', 'loopback'];

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { name, cleanup, hubArgs = () => [] } = options;
  const [databasePort = 0] = await freePorts(1);
  const database = await SharedDatabase.create(cleanup, databasePort);
  const lines: DatabaseLine[] = [];
  for (let index = 0; index < options.hubs; index += 1)
    lines.push(await DatabaseLine.start(databasePort, cleanup));
  const argsOf = (line: DatabaseLine, index: number) => [
    ...['--database', line.url],
    ...BEHIND_PROXY,
    ...hubArgs(index),
  ];
  const [firstLine, ...otherLines] = lines;
  if (!firstLine) throw new Error('a cluster has a hub at least');
  const fixture = await startFixture({ ...options, hubArgs: argsOf(firstLine, 0) });
  const folder = temporaryFolder(cleanup);
  const others = await Promise.all(
    otherLines.map(async (line, index): Promise<ClusterHub> => {
      const [httpsPort = 0, httpPort = 0] = await freePorts(2);
      const hub = new FaultHub({
        ...{
          data: join(folder, `hub-${index + 2}`),
          httpsPort,
          httpPort,
          args: argsOf(line, index + 1),
        },
        ...{ logPath: join(REPOSITORY, `build/faults/${name}/hub-${index + 2}.log`), cleanup },
      });
      await hub.program.start();
      return { hub, line };
    }),
  );
  const hubs = [{ hub: fixture.hub, line: firstLine }, ...others];
  const balancer = await startBalancer(
    hubs.map(({ hub }) => hub),
    cleanup,
  );
  await until('the balancer serves all', async () => await servesAll(hubs));
  for (const proxy of [fixture.front, fixture.link]) {
    proxy.target = { host: '127.0.0.1', port: balancer.tlsPort };
    proxy.cut('fin');
  }
  const body = { name: 'watchers', scope: 'read' };
  const { secret } = await until('the owner is at the balancer', () =>
    fixture.api.post(TokenCreated, '/api/account/tokens', body).catch(() => undefined),
  );
  await baseOnline(fixture.api, fixture.baseId);
  return { fixture, hubs, database, balancer, token: secret, cleanup };
}

async function servesAll(hubs: readonly ClusterHub[]): Promise<boolean> {
  for (const { hub } of hubs) {
    const answer = await fetch(`${hub.httpUrl}/readyz`).catch(() => undefined);
    if (answer?.ok !== true) return false;
  }
  return true;
}
