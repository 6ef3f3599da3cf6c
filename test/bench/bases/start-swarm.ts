import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import type { EnrolledBases } from '../../harness/swarm/enrol-bases.ts';
import { startProcess } from '../bench-process.ts';
import { benchProgram } from '../programs.ts';

/** What the client ends of many connections print once all of them are there. */
export const ONLINE = /^online (\d+) after ([\d.]+) s/m;
export const CONNECT_PATIENCE_MS = 600_000;

/** Connects enrolled bases to a hub, from a process of their own. @returns how long that took, in seconds. */
export async function startSwarm(
  {
    origin,
    ca,
    bases,
  }: { readonly origin: string; readonly ca: string; readonly bases: EnrolledBases },
  cleanup: Cleanup,
): Promise<number> {
  const plan = join(temporaryFolder(cleanup), 'swarm.json');
  writeFileSync(plan, JSON.stringify({ origin, ca, ...bases }), { mode: 0o600 });
  const swarm = await startProcess(
    { ...benchProgram('bases/swarm.ts', plan), sign: ONLINE, patienceMs: CONNECT_PATIENCE_MS },
    cleanup,
  );
  const [, online = '', seconds = ''] = ONLINE.exec(swarm.output()) ?? [];
  const count = bases.ids.length;
  if (Number(online) !== count) throw new Error(`only ${online} of ${count} bases are online`);
  return Number(seconds);
}
