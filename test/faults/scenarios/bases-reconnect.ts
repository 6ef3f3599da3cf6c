import { createPrivateKey } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#platform/clock.ts';
import { ClockOffset } from '../../../base-unit/hub-link/clock-offset.ts';
import { dialAgent } from '../../../base-unit/hub-link/channel/dial-agent.ts';
import { HubHttp } from '../../../base-unit/hub-link/hub-http.ts';
import { type HubFailure, HubRetry } from '../../../base-unit/outbox/hub-retry.ts';
import { z } from 'zod';
import { AppError, ErrorCodeSchema } from '#protocol/errors.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { enrolBases } from '../../harness/swarm/enrol-bases.ts';
import { inParallel } from '../../harness/swarm/in-parallel.ts';
import { SimulatedBase } from '../../harness/swarm/simulated-base.ts';
import { until } from '#platform/testing/until.ts';
import { FaultHub } from '../programs/hub.ts';
import type { Random } from '../random.ts';
import { type Scenario, scaled } from '../scenario.ts';

/** Shared by all bases of this process; separate ones would cost either side another handshake. */
const HTTP_CONNECTIONS = 64;
/**
 * Half the cost of a connection is at its base. One process that dialled for
 * thousands of bases at once would be late for each of them, and measure itself.
 */
const DIALS_AT_ONCE = 500;
const MAX_MS = { long: 300_000, short: 90_000 };

async function startHub(data: string, cleanup: Cleanup): Promise<FaultHub> {
  const logs = join(REPOSITORY, 'build/faults/bases-reconnect');
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const logPath = join(logs, 'hub.log');
  const hub = new FaultHub({ data, httpsPort, httpPort, logPath, cleanup });
  await hub.program.start();
  return hub;
}

/**
 * Retries as a base does, until it is back.
 *
 * @returns the time in milliseconds, or undefined
 */
async function comeBack(
  base: SimulatedBase,
  options: { readonly random: Random; readonly maxMs: number; readonly dials: Semaphore },
): Promise<number | undefined> {
  const startedAtMs = performance.now();
  const retry = new HubRetry(() => options.random.next());
  let failure: HubFailure = { code: 'hub_unreachable' };
  while (performance.now() - startedAtMs < options.maxMs) {
    await sleep(retry.after(failure));
    try {
      const release = await options.dials.acquire();
      await base.connect().finally(release);
      return performance.now() - startedAtMs;
    } catch (error) {
      failure = failureOf(error);
      base.disconnect();
    }
  }
  return undefined;
}

const Refused = z.object({ data: z.object({ code: ErrorCodeSchema }) });

/** As a base judges it (base-unit/hub-link/channel/channel-client.ts). */
function failureOf(error: unknown): HubFailure {
  if (error instanceof AppError)
    return { code: error.code, isLate: error.code !== 'hub_unreachable' };
  const refused = Refused.safeParse(error);
  if (refused.success) return { code: refused.data.data.code };
  const message = error instanceof Error ? error.message : '';
  return { code: 'hub_unreachable', isLate: /^timeout$|has timed out/.test(message) };
}

export const basesReconnect: Scenario = {
  name: 'bases-reconnect',
  description: 'thousands of bases reconnect after the hub was killed: all come back',
  longLimitMs: 500_000,
  play: async ({ random, cleanup, isLong, scale, say }) => {
    const count = isLong ? scaled(5_000, scale) : 40;
    const data = join(temporaryFolder(cleanup), 'hub');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const { ids, privateKey } = await enrolBases({ dataFolder: data }, count);
    const hub = await startHub(data, cleanup);
    const shared = {
      origin: hub.url,
      agent: dialAgent(hub.url, { secureContext: createSecureContext({ ca: hub.ca }) }),
      http: new HubHttp({ origin: hub.url, ca: hub.ca, connections: HTTP_CONNECTIONS }),
      offset: new ClockOffset(systemClock),
    };
    const key = createPrivateKey(privateKey);
    const bases = ids.map(
      (baseId) => new SimulatedBase({ ...shared, prover: { baseId, privateKey: key } }),
    );
    cleanup.add(async () => {
      for (const base of bases) base.disconnect();
      await shared.http.close();
    });
    await inParallel(bases, 32, (base) => base.connect());
    say(
      `${bases.filter((base) => base.isOnline).length} bases are connected; now the hub is killed`,
    );
    await hub.program.kill();
    await until('every base has noticed', () => bases.every((base) => !base.isOnline), 60_000);
    await hub.program.start();
    const maxMs = isLong ? MAX_MS.long : MAX_MS.short;
    const dials = new Semaphore({ permits: DIALS_AT_ONCE, maxQueued: Infinity });
    const back = await Promise.all(
      bases.map((base, index) =>
        comeBack(base, { random: random.of(String(index)), maxMs, dials }),
      ),
    );
    const online = bases.filter((base) => base.isOnline).length;
    return {
      resumeMs: back.filter((ms) => ms !== undefined),
      notes: [`${online} of ${count} bases are back and have resumed their log`],
      violations: online === count ? [] : [`${count - online} bases are not back`],
    };
  },
};
