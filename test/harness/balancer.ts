import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { freePorts } from './free-ports.ts';
import { haproxyProgram } from './haproxy.ts';

const CONFIGURATION = 'deploy/haproxy/several-hubs.cfg';
const SERVER = /^ {2}server hub1 127\.0\.0\.1:\d+(.*)\n(?: {2}server .*\n)+/gm;

export interface HubPorts {
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** HAProxy as it is documented for several hubs. */
export interface Balancer {
  /** For browsers and programs. */
  readonly url: string;
  /** Where TLS passes through to the hubs, for bases. */
  readonly tlsPort: number;
}

/** Why there can be none; undefined: there can. */
export function noBalancer(): string | undefined {
  return haproxyProgram() === undefined ? 'HAProxy is not installed' : undefined;
}

/** deploy/haproxy/several-hubs.cfg, for these ports. */
function configuration(ports: readonly number[], hubs: readonly HubPorts[]): string {
  const text = readFileSync(join(REPOSITORY, CONFIGURATION), 'utf8');
  const [web, tls] = ports;
  const bound = text
    .replace('bind :8000', `bind 127.0.0.1:${web}`)
    .replace('bind :8443', `bind 127.0.0.1:${tls}`);
  const lists = [hubs.map(({ httpPort }) => httpPort), hubs.map(({ httpsPort }) => httpsPort)];
  let list = 0;
  const replaced = bound.replace(SERVER, (_all, options: string) => {
    const servers = (lists[list] ?? []).map(
      (port, index) => `  server hub${index + 1} 127.0.0.1:${port}${options}\n`,
    );
    list += 1;
    return servers.join('');
  });
  if (list !== 2 || /bind :/.test(replaced)) throw new Error(`${CONFIGURATION} is not as expected`);
  return replaced;
}

export async function startBalancer(
  hubs: readonly HubPorts[],
  cleanup: Cleanup,
): Promise<Balancer> {
  const program = haproxyProgram();
  if (program === undefined) throw new Error('HAProxy is not installed');
  const [web = 0, tlsPort = 0] = await freePorts(2);
  const file = join(temporaryFolder(cleanup), 'haproxy.cfg');
  writeFileSync(file, configuration([web, tlsPort], hubs));
  let complaints = '';
  const child: ChildProcess = spawn(program, ['-db', '-f', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  cleanup.add(async () => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${web}`;
  await until('HAProxy answers', async () => {
    if (child.exitCode !== null) throw new Error(complaints);
    return (await fetch(`${url}/healthz`).catch(() => undefined))?.ok === true ? true : undefined;
  });
  return { url, tlsPort };
}
