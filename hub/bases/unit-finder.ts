import type { Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';
import {
  DiscoveryAnswer,
  DiscoveryReply,
  type DiscoveryRequest,
  ProbeAnswer,
  ProbeReply,
  type ProbeRequest,
} from '#protocol/hub-link/discovery.ts';
import type { BaseId, UserId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { AttemptLimit } from '../accounts/attempt-limit.ts';
import type { Clock } from '../clock.ts';
import type { BaseLinks, BaseRequestName } from './base-links.ts';

export interface UnitFinderDeps {
  readonly links: BaseLinks;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Asked {
  readonly baseId: BaseId;
  readonly userId: UserId;
}

const WINDOW_MS = 60_000;
/** Of one person at one base in a minute: a screen that is open asks twenty times when nothing changes. */
const MAX_DISCOVERIES = 120;
const MAX_PROBES = 20;
/** Waits of one base at a time, and of all of them: a discovery holds its request for seconds. */
const MAX_WAITING_PER_BASE = 4;
const MAX_WAITING = 256;
/** A base holds its answer for a while; this is for the way. */
const WAY_MS = 5_000;

/**
 * Asks a base what is on its network, for a person who waits for the answer.
 * Nothing of it is kept here, and nobody else gets it.
 */
export class UnitFinder {
  readonly #deps: UnitFinderDeps;
  readonly #discoveries: AttemptLimit;
  readonly #probes: AttemptLimit;
  readonly #waiting = new Map<BaseId, number>();
  #allWaiting = 0;

  constructor(deps: UnitFinderDeps) {
    const { clock } = deps;
    this.#deps = deps;
    this.#discoveries = new AttemptLimit({ clock, max: MAX_DISCOVERIES, windowMs: WINDOW_MS });
    this.#probes = new AttemptLimit({ clock, max: MAX_PROBES, windowMs: WINDOW_MS });
  }

  /** @throws AppError `base_offline`, `timed_out`, `rate_limited`, or the base's refusal. */
  async discover(asked: Asked, request: DiscoveryRequest): Promise<DiscoveryAnswer> {
    count(this.#discoveries, asked);
    const timeoutMs = LIMITS.discoveryHoldMs + WAY_MS;
    const acked = await this.#request(asked, 'units.discover', request, timeoutMs);
    const reply = DiscoveryReply.safeParse(acked);
    if (!reply.success) throw this.#unreadable(asked.baseId, reply.error);
    if (!reply.data.ok) throw new AppError(reply.data.code);
    return DiscoveryAnswer.parse(reply.data);
  }

  /** @throws AppError as {@link discover} */
  async probe(asked: Asked, request: ProbeRequest): Promise<ProbeAnswer> {
    count(this.#probes, asked);
    this.#deps.log.info({ ...asked, ...request.address }, 'address probed');
    const timeoutMs = LIMITS.probeTimeoutMs + WAY_MS;
    const acked = await this.#request(asked, 'address.probe', request, timeoutMs);
    const reply = ProbeReply.safeParse(acked);
    if (!reply.success) throw this.#unreadable(asked.baseId, reply.error);
    if (!reply.data.ok) throw new AppError(reply.data.code);
    return ProbeAnswer.parse(reply.data);
  }

  async #request(
    { baseId }: Asked,
    name: BaseRequestName,
    payload: object,
    timeoutMs: number,
  ): Promise<unknown> {
    const link = this.#deps.links.live(baseId);
    if (!link) throw new AppError('base_offline');
    const waiting = this.#waiting.get(baseId) ?? 0;
    if (waiting >= MAX_WAITING_PER_BASE || this.#allWaiting >= MAX_WAITING) {
      throw new AppError('rate_limited', { details: { retryAfterSeconds: 1 } });
    }
    this.#waiting.set(baseId, waiting + 1);
    this.#allWaiting += 1;
    try {
      return await link.request(name, payload, timeoutMs);
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('timed_out', { cause });
    } finally {
      this.#allWaiting -= 1;
      const left = (this.#waiting.get(baseId) ?? 1) - 1;
      if (left > 0) this.#waiting.set(baseId, left);
      else this.#waiting.delete(baseId);
    }
  }

  #unreadable(baseId: BaseId, error: Error): AppError {
    this.#deps.log.warn({ baseId, err: error }, 'invalid answer of a base');
    return new AppError('internal', { cause: error });
  }
}

function count(limit: AttemptLimit, { baseId, userId }: Asked): void {
  const waitSeconds = limit.take(`${baseId} ${userId}`);
  if (waitSeconds === undefined) return;
  throw new AppError('rate_limited', { details: { retryAfterSeconds: waitSeconds } });
}
