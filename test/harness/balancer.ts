import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { freePorts } from './free-ports.ts';
import { haproxyProgram, runHaproxy } from './haproxy.ts';

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
  const [web = 0, tlsPort = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${web}`;
  await runHaproxy({ configuration: configuration([web, tlsPort], hubs), url }, cleanup);
  return { url, tlsPort };
}
