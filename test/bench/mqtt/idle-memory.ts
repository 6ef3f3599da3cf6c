import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startProcess } from '../bench-process.ts';
import { benchProgram } from '../programs.ts';
import { residentBytes } from '../resident.ts';
import { type Broker, type HubBroker, READERS_PER_TOKEN } from './brokers.ts';

/** What an idle connection costs, in bytes of resident memory. */
export interface IdleMemory {
  readonly connections: number;
  readonly hub: number;
  readonly mosquitto: number;
  /** Node's own TLS server with the hub's key, and nothing behind it. */
  readonly bareTls: number;
}

const ONLINE = /^online (\d+) after ([\d.]+) s/m;
const CONNECT_PATIENCE_MS = 600_000;

/** One after the other, and all stay: each has the same machine. */
export async function measureIdleMemory(
  connections: number,
  { hub, mosquitto }: { readonly hub: HubBroker; readonly mosquitto: Broker },
  cleanup: Cleanup,
): Promise<IdleMemory> {
  const tokens: string[] = [];
  for (let made = 0; made < connections; made += READERS_PER_TOKEN) {
    tokens.push(await hub.newToken());
  }
  const tokenOf = (index: number): string => tokens[Math.floor(index / READERS_PER_TOKEN)] ?? '';
  const bare = await startProcess(
    benchProgram('mqtt/bare-server.ts', hub.tls.key, hub.tls.cert),
    cleanup,
  );
  const costOf = (
    server: { readonly pid: number; readonly port: number },
    passwordOf: (index: number) => string | null,
  ): Promise<number> => {
    const passwords = Array.from({ length: connections }, (_, index) => passwordOf(index));
    return connectAll(server, { caFile: hub.tls.ca, passwords }, cleanup);
  };
  return {
    connections,
    hub: await costOf(hub, tokenOf),
    mosquitto: await costOf(mosquitto, () => 'any'),
    bareTls: await costOf(bare, () => null),
  };
}

async function connectAll(
  { pid, port }: { readonly pid: number; readonly port: number },
  rest: { readonly caFile: string; readonly passwords: readonly (string | null)[] },
  cleanup: Cleanup,
): Promise<number> {
  const plan = join(temporaryFolder(cleanup), 'idle.json');
  writeFileSync(plan, JSON.stringify({ port, ...rest }), { mode: 0o600 });
  const residentBefore = residentBytes(pid);
  const started = { ...benchProgram('mqtt/idle-clients.ts', plan), sign: ONLINE };
  const clients = await startProcess({ ...started, patienceMs: CONNECT_PATIENCE_MS }, cleanup);
  const online = Number(ONLINE.exec(clients.output())?.[1]);
  if (online !== rest.passwords.length) throw new Error(`only ${online} are connected`);
  return (residentBytes(pid) - residentBefore) / online;
}
