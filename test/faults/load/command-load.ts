import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '#protocol/http/problem.ts';
import { CommandId, newId, type UnitId } from '#protocol/ids.ts';
import type { ApiAnswer, ApiClient } from '../../harness/api-client.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import type { Random } from '../random.ts';
import { Ledger, type LedgerEntry } from './ledger.ts';

export interface CommandLoadDeps {
  readonly api: ApiClient;
  readonly unitIds: readonly UnitId[];
  readonly random: Random;
  readonly perSecond: number;
  readonly cleanup: Cleanup;
}

const INVOKE_TTL_MS = 4_000;
const ENQUEUE_TTL_MS = 60_000;
/** How long a client retries, with the same id, until it has an answer. */
const REQUESTS_FOR_MS = 60_000;
const RETRY_MS = 100;
const MAX_IN_FLIGHT = 100;

/** A client that sends commands at a steady rate, and retries without an answer. */
export class CommandLoad {
  readonly ledger = new Ledger();
  readonly #deps: CommandLoadDeps;
  readonly #inFlight = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #startedAtMs = 0;
  #offered = 0;
  /** Not sent at all, since too many were without an answer. */
  #held = 0;

  constructor(deps: CommandLoadDeps) {
    this.#deps = deps;
  }

  /** Commands that were due while too many had no answer; they were not sent. */
  get heldBack(): number {
    return this.#held;
  }

  start(): void {
    this.#startedAtMs = performance.now();
    this.#timer = setInterval(() => this.#offer(), 5);
    this.#deps.cleanup.add(() => clearInterval(this.#timer));
  }

  /** Stops sending, and waits for the answers that are due. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#inFlight);
  }

  #offer(): void {
    const due = ((performance.now() - this.#startedAtMs) / 1_000) * this.#deps.perSecond;
    for (; this.#offered < due; this.#offered += 1) {
      if (this.#inFlight.size >= MAX_IN_FLIGHT) {
        this.#held += 1;
        continue;
      }
      const requested = this.#request(this.#nextEntry());
      this.#inFlight.add(requested);
      void requested.finally(() => this.#inFlight.delete(requested));
    }
  }

  #nextEntry(): LedgerEntry {
    const { random, unitIds } = this.#deps;
    const verb = random.pick(['enqueue', 'enqueue', 'set', 'invoke', 'invoke'] as const);
    const execution = verb === 'invoke' ? 'uart' : 'colour';
    const entry: LedgerEntry = {
      id: newId(CommandId),
      unitId: random.pick(unitIds),
      verb,
      execution,
      token: this.ledger.nextToken(execution),
      answer: 'pending',
    };
    this.ledger.add(entry);
    return entry;
  }

  async #request(entry: LedgerEntry): Promise<void> {
    const requestedMs = performance.now();
    await this.#retry(entry, requestedMs + REQUESTS_FOR_MS);
    entry.waitedMs = performance.now() - requestedMs;
  }

  async #retry(entry: LedgerEntry, untilMs: number): Promise<void> {
    while (performance.now() < untilMs) {
      const answer = await this.#requestOnce(entry);
      if (answer !== undefined && answer.status < 300) {
        entry.answer = 'accepted';
        entry.acceptedAtMs = Date.now();
        return;
      }
      if (answer !== undefined && !isWorthRetrying(answer)) {
        entry.answer = 'refused';
        entry.code = codeOf(answer);
        return;
      }
      await sleep(RETRY_MS);
    }
    entry.answer = 'unanswered';
  }

  async #requestOnce({ id, unitId, verb, token }: LedgerEntry): Promise<ApiAnswer | undefined> {
    const body =
      verb === 'invoke'
        ? {
            affordance: 'uartWrite',
            input: { data: Buffer.from(token, 'hex').toString('base64') },
            ttlMs: INVOKE_TTL_MS,
          }
        : {
            affordance: 'color',
            input: token,
            ...(verb === 'enqueue' ? { ttlMs: ENQUEUE_TTL_MS } : {}),
          };
    try {
      return await this.#deps.api.send('POST', `/api/units/${unitId}/commands`, {
        body: { id, verb, ...body },
      });
    } catch {
      // The hub is away: retried with the same id.
      return undefined;
    }
  }
}

function isWorthRetrying({ status }: ApiAnswer): boolean {
  return status >= 500;
}

function codeOf({ text }: ApiAnswer): string {
  const problem = Problem.safeParse(JSON.parse(text));
  return problem.success ? problem.data.code : 'none';
}
