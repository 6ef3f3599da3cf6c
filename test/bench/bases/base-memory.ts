import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { enrolBases } from '../../harness/swarm/enrol-bases.ts';
import { startProcess } from '../bench-process.ts';
import { benchProgram, HUB_READY, signalbox } from '../programs.ts';
import { residentBytes } from '../resident.ts';
import { CONNECT_PATIENCE_MS, ONLINE, startSwarm } from './start-swarm.ts';

/** What the connections of bases cost a hub. */
export interface BaseMemory {
  readonly bases: number;
  /** Resident memory of the hub's process without any base, and with all of them. */
  readonly residentBefore: number;
  readonly residentAfter: number;
  readonly bytesPerBase: number;
  /** The same for a server of WebSockets over the hub's own TLS, which does nothing with them. */
  readonly bytesPerBareSocket: number;
  /** From the first connection to the last resume, the simulated bases on the same machine. */
  readonly onlineAfterSeconds: number;
}

/**
 * Connects simulated bases to a hub of its own (TLS, channel, resume), and measures the memory of
 * the hub.
 */
export async function measureBaseMemory(count: number, cleanup: Cleanup): Promise<BaseMemory> {
  const folder = temporaryFolder(cleanup);
  const data = join(folder, 'hub');
  const bases = await enrolBases({ dataFolder: data }, count);
  const ports = ['--https-port', '0', '--http-port', '0'];
  const hub = await startProcess(
    { ...signalbox('hub', '--data', data, ...ports), sign: HUB_READY },
    cleanup,
  );
  const port = HUB_READY.exec(hub.output())?.groups?.['port'] ?? '';
  const ca = readFileSync(join(data, 'tls/ca.pem'), 'utf8');
  const origin = `https://127.0.0.1:${port}`;

  const residentBefore = residentBytes(hub.pid);
  const onlineAfterSeconds = await startSwarm({ origin, ca, bases }, cleanup);
  const residentAfter = residentBytes(hub.pid);
  const bytesPerBareSocket = await measureBareSockets(
    { count, tlsFile: (name) => join(data, 'tls', name) },
    cleanup,
  );
  return {
    bases: count,
    residentBefore,
    residentAfter,
    bytesPerBase: (residentAfter - residentBefore) / count,
    bytesPerBareSocket,
    onlineAfterSeconds,
  };
}

/** Beside the hub, which stays with its bases: both have had the same machine. */
async function measureBareSockets(
  { count, tlsFile }: { readonly count: number; readonly tlsFile: (name: string) => string },
  cleanup: Cleanup,
): Promise<number> {
  const server = await startProcess(
    benchProgram('bases/bare-server.ts', tlsFile('server.key'), tlsFile('server.pem')),
    cleanup,
  );
  const residentBefore = residentBytes(server.pid);
  const url = `wss://127.0.0.1:${server.port}`;
  await startProcess(
    {
      ...benchProgram('bases/bare-clients.ts', url, tlsFile('ca.pem'), String(count)),
      sign: ONLINE,
      patienceMs: CONNECT_PATIENCE_MS,
    },
    cleanup,
  );
  return (residentBytes(server.pid) - residentBefore) / count;
}
