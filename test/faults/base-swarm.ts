import { createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '#platform/clock.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { AppError, ErrorCodeSchema } from '#protocol/errors.ts';
import { ClockOffset } from '../../base-unit/hub-link/clock-offset.ts';
import { dialAgent } from '../../base-unit/hub-link/channel/dial-agent.ts';
import { HubHttp } from '../../base-unit/hub-link/hub-http.ts';
import { type HubFailure, HubRetry } from '../../base-unit/outbox/hub-retry.ts';
import type { EnrolledBases } from '../harness/swarm/enrol-bases.ts';
import { inParallel } from '../harness/swarm/in-parallel.ts';
import { SimulatedBase } from '../harness/swarm/simulated-base.ts';
import type { Random } from './random.ts';

/** Shared by all bases of this process; separate ones would cost either side another handshake. */
const HTTP_CONNECTIONS = 64;
/**
 * Half the cost of a connection is at its base. One process that dialled for
 * thousands of bases at once would be late for each of them, and measure itself.
 */
const DIALS_AT_ONCE = 500;

export interface BaseSwarmDeps {
  readonly enrolled: EnrolledBases;
  /** Of the hub, or of what is in front of several. */
  readonly origin: string;
  readonly ca: string;
  readonly random: Random;
  readonly cleanup: Cleanup;
}

/** Many bases in this process, which retry as bases do. */
export class BaseSwarm {
  readonly bases: readonly SimulatedBase[];
  /** How often they were refused while they came back, by code. */
  readonly refusals = new Map<string, number>();
  readonly #random: Random;
  readonly #dials = new Semaphore({ permits: DIALS_AT_ONCE, maxQueued: Infinity });

  constructor({ enrolled, origin, ca, random, cleanup }: BaseSwarmDeps) {
    const shared = {
      origin,
      agent: dialAgent(origin, { secureContext: createSecureContext({ ca }) }),
      http: new HubHttp({ origin, ca, connections: HTTP_CONNECTIONS }),
      offset: new ClockOffset(systemClock),
    };
    const privateKey = createPrivateKey(enrolled.privateKey);
    this.bases = enrolled.ids.map(
      (baseId) => new SimulatedBase({ ...shared, prover: { baseId, privateKey } }),
    );
    this.#random = random;
    cleanup.add(async () => {
      for (const base of this.bases) base.disconnect();
      await shared.http.close();
    });
  }

  get online(): number {
    return this.bases.filter((base) => base.isOnline).length;
  }

  async connect(): Promise<void> {
    await inParallel(this.bases, 32, (base) => base.connect());
  }

  /**
   * All that are away retry until they are back, each for this long at most.
   *
   * @returns how long each needed that has come back, in milliseconds
   */
  async comeBack(maxMs: number): Promise<readonly number[]> {
    const times = await Promise.all(
      this.bases.map(async (base, index) =>
        base.isOnline ? undefined : await this.#comeBack(base, { index, maxMs }),
      ),
    );
    return times.filter((ms) => ms !== undefined);
  }

  async #comeBack(
    base: SimulatedBase,
    { index, maxMs }: { readonly index: number; readonly maxMs: number },
  ): Promise<number | undefined> {
    const random = this.#random.of(String(index));
    const startedAtMs = performance.now();
    const retry = new HubRetry(() => random.next());
    let failure: HubFailure = { code: 'hub_unreachable' };
    while (performance.now() - startedAtMs < maxMs) {
      await sleep(retry.after(failure));
      try {
        const release = await this.#dials.acquire();
        await base.connect().finally(release);
        return performance.now() - startedAtMs;
      } catch (error) {
        failure = failureOf(error);
        const { code, isLate = false } = failure;
        const name = isLate ? `${code} (late)` : code;
        this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1);
        base.disconnect();
      }
    }
    return undefined;
  }
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
