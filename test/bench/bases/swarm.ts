import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { BaseId } from '#protocol/ids.ts';
import { systemClock } from '#platform/clock.ts';
import { ClockOffset } from '../../../base-unit/hub-link/clock-offset.ts';
import { dialAgent } from '../../../base-unit/hub-link/channel/dial-agent.ts';
import { HubHttp } from '../../../base-unit/hub-link/hub-http.ts';
import { inParallel } from '../../harness/swarm/in-parallel.ts';
import { SimulatedBase } from '../../harness/swarm/simulated-base.ts';

// Many bases in one process, so that the hub's process has only its own end of their connections.
// Connects all, prints that, and stays.
const Plan = z.object({
  origin: z.string(),
  ca: z.string(),
  privateKey: z.string(),
  ids: z.array(BaseId),
});
const CONNECTING_AT_ONCE = 32;

const plan = Plan.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
const { origin, ca } = plan;
const privateKey = createPrivateKey(plan.privateKey);
const http = new HubHttp({ origin, ca });
const offset = new ClockOffset(systemClock);
const agent = dialAgent(origin, { secureContext: createSecureContext({ ca }) });
const bases = plan.ids.map(
  (baseId) => new SimulatedBase({ prover: { baseId, privateKey }, origin, agent, http, offset }),
);
const startMs = performance.now();
await inParallel(bases, CONNECTING_AT_ONCE, (base) => base.connect());
const seconds = (performance.now() - startMs) / 1_000;
const online = bases.filter((base) => base.isOnline).length;
process.stdout.write(`online ${online} after ${seconds.toFixed(1)} s\n`);
