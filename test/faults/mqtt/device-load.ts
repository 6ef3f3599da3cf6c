import { Command } from '#protocol/command/command.ts';
import { CommandId, newId, type UnitId } from '#protocol/ids.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import type { ApiClient } from '../../harness/api-client.ts';
import type { Random } from '../random.ts';

/** A command that was requested, and what the hubs said of it so far. */
export interface Requested {
  readonly id: string;
  readonly unit: number;
  readonly verb: string;
  isAccepted: boolean;
  isRefused: boolean;
  expiresAtMs: number;
  /** What whoever waited was answered. */
  waited: Command['state'] | undefined;
}

const REQUESTS = [
  { verb: 'invoke', affordance: 'brightness', input: 10, ttlMs: 5_000 },
  { verb: 'invoke', affordance: 'restart' },
  { verb: 'enqueue', affordance: 'brightness', input: 20, ttlMs: 2_000 },
  { verb: 'enqueue', affordance: 'brightness', input: 30, ttlMs: 60_000 },
  { verb: 'set', affordance: 'brightness', input: 40, ttlMs: 60_000 },
] as const;
const AGAIN_MS = 60_000;
const WAITING_SHARE = 0.2;
const CANCELLED_SHARE = 0.1;

export interface DeviceLoadDeps {
  /** At each hub. */
  readonly clients: readonly ApiClient[];
  readonly units: readonly UnitId[];
  readonly random: Random;
  readonly everyMs: number;
  readonly cleanup: Cleanup;
}

/** Requests commands at whichever hub, again until there is an answer, and cancels some. */
export class DeviceLoad {
  readonly requested: Requested[] = [];
  readonly #deps: DeviceLoadDeps;
  readonly #timer: NodeJS.Timeout;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(deps: DeviceLoadDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => this.#begin(), deps.everyMs);
    deps.cleanup.add(() => clearInterval(this.#timer));
  }

  get accepted(): number {
    return this.requested.filter(({ isAccepted }) => isAccepted).length;
  }

  /** Resolves once each request was answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await until('each request is answered', () => this.#inFlight.size === 0, AGAIN_MS);
  }

  #begin(): void {
    // No hub answers: more of them prove nothing more.
    if (this.#inFlight.size > 40) return;
    const { random, units } = this.#deps;
    const body = random.pick(REQUESTS);
    const requested: Requested = {
      ...{ id: newId(CommandId), unit: random.int(0, units.length - 1), verb: body.verb },
      ...{ isAccepted: false, isRefused: false, expiresAtMs: Infinity, waited: undefined },
    };
    this.requested.push(requested);
    const run = this.#request(requested, body).finally(() => this.#inFlight.delete(run));
    this.#inFlight.add(run);
  }

  async #request(requested: Requested, body: object): Promise<void> {
    const { random, units } = this.#deps;
    const isWaiting = random.next() < WAITING_SHARE;
    const isCancelled = random.next() < CANCELLED_SHARE;
    const headers = isWaiting ? { prefer: 'wait=2' } : undefined;
    const path = `/api/units/${units[requested.unit] ?? ''}/commands`;
    const request = { body: { ...body, id: requested.id }, ...(headers ? { headers } : {}) };
    const answer = await this.#answered('POST', path, request);
    if (answer.status >= 300) {
      requested.isRefused = true;
      return;
    }
    const command = Command.parse(JSON.parse(answer.text));
    requested.isAccepted = true;
    if (command.expiresAt !== null) requested.expiresAtMs = Date.parse(command.expiresAt);
    if (isWaiting) requested.waited = command.state;
    if (isCancelled) await this.#answered('POST', `/api/commands/${requested.id}/cancel`, {});
  }

  /** By whichever hub lives; a busy one is asked again. */
  async #answered(method: string, path: string, request: Parameters<ApiClient['send']>[2]) {
    const { clients, random } = this.#deps;
    return await until(
      `an answer to ${path}`,
      async () => {
        try {
          const answer = await random.pick(clients).send(method, path, request);
          return answer.status >= 500 || answer.status === 429 ? undefined : answer;
        } catch {
          return undefined;
        }
      },
      AGAIN_MS,
    );
  }
}
