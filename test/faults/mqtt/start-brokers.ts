import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { z } from 'zod';
import { SessionView, SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import type { SiteId } from '#protocol/ids.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { FaultHub } from '../programs/hub.ts';
import type { Brokers } from './mqtt-load.ts';

export interface BrokersOptions {
  /** Names the folder of the logs: build/faults/<name>. */
  readonly name: string;
  readonly hubs: number;
  /** What they have in common; undefined: a hub alone, on SQLite. */
  readonly database?: string;
  readonly cleanup: Cleanup;
}

export interface StartedBrokers {
  readonly hubs: readonly FaultHub[];
  readonly brokers: Brokers;
  /** At the first hub. */
  readonly owner: ApiClient;
  readonly siteId: SiteId;
  /** Lets in. */
  readonly secret: string;
}

/** Hubs as processes, for clients of their brokers, and a token that lets in. */
export async function startBrokers({
  name,
  hubs,
  database,
  cleanup,
}: BrokersOptions): Promise<StartedBrokers> {
  const logs = join(REPOSITORY, 'build/faults', name);
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const folder = temporaryFolder(cleanup);
  const started: FaultHub[] = [];
  const brokers: { host: string; port: number }[] = [];
  for (let index = 1; index <= hubs; index += 1) {
    const [httpsPort = 0, httpPort = 0, port = 0] = await freePorts(3);
    const shared = database === undefined ? [] : ['--database', database];
    const hub = new FaultHub({
      ...{ data: join(folder, `hub-${index}`), httpsPort, httpPort, cleanup },
      args: ['--mqtt-port', String(port), ...shared],
      logPath: join(logs, `hub-${index}.log`),
    });
    await hub.program.start();
    started.push(hub);
    brokers.push({ host: '127.0.0.1', port });
  }
  const [first] = started;
  if (!first) throw new Error('there is a hub at least');
  const owner = new ApiClient({ url: first.url, ca: first.ca, cleanup });
  await owner.post(SessionView, '/api/sign-up', {
    ...{ email: 'faults@example.com', name: 'Ada', password: 'a lamp in the window' },
    setupCode: await first.setupCode(),
  });
  const body = { name: 'mqtt', scope: 'control' };
  const { secret } = await owner.post(TokenCreated, '/api/account/tokens', body);
  const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const [site] = sites;
  if (!site) throw new Error('the first account has a site');
  return { hubs: started, brokers, owner, siteId: site.id, secret };
}
