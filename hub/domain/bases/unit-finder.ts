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
import type { Clock } from '#platform/clock.ts';
import { FairSlots } from '#platform/sharing/fair-slots.ts';
import type { BaseLink, BaseLinks, BaseRequestName } from './base-links.ts';
import type { BaseShares } from './base-shares.ts';

export interface UnitFinderDeps {
  readonly links: BaseLinks;
  readonly shares: Pick<BaseShares, 'pathOf'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RemoteRequest {
  readonly name: BaseRequestName;
  readonly payload: object;
  readonly timeoutMs: number;
}

/** Requests to bases that are connected to another hub; `base_offline` where there is none. */
export interface RemoteRequests {
  readonly request: (baseId: BaseId, request: RemoteRequest) => Promise<unknown>;
}

interface FinderRequester {
  readonly baseId: BaseId;
  readonly userId: UserId;
}

const WINDOW_MS = 60_000;
/** Per person, base and minute: an open screen sends twenty when nothing changes. */
const MAX_DISCOVERIES = 120;
const MAX_PROBES = 20;
/**
 * Waits of one base at a time, and of all of them, shared fairly between accounts: a
 * discovery holds its request for seconds.
 */
const MAX_WAITING_PER_BASE = 4;
const MAX_WAITING = 256;
/** A base delays its answer for a while; this is the allowance for the network. */
const WAY_MS = 5_000;

/**
 * Lets a base search its network, for a person who waits for the answer. Nothing is
 * stored here, and nobody else gets it.
 */
export class UnitFinder {
  readonly #deps: UnitFinderDeps;
  #remote: RemoteRequests | undefined;
  readonly #discoveries: AttemptLimit;
  readonly #probes: AttemptLimit;
  readonly #slots = new FairSlots({ total: MAX_WAITING, perInnermost: MAX_WAITING_PER_BASE });

  constructor(deps: UnitFinderDeps) {
    const { clock } = deps;
    this.#deps = deps;
    this.#discoveries = new AttemptLimit({ clock, max: MAX_DISCOVERIES, windowMs: WINDOW_MS });
    this.#probes = new AttemptLimit({ clock, max: MAX_PROBES, windowMs: WINDOW_MS });
  }

  /** Requests that wait for a base. */
  get size(): number {
    return this.#slots.size;
  }

  /** Before the start: reaches bases that are connected to other hubs. */
  reachOthersBy(requests: RemoteRequests): void {
    this.#remote = requests;
  }

  /** @throws AppError `base_offline`, `timed_out`, `rate_limited`, or the base's refusal. */
  async discover(requester: FinderRequester, request: DiscoveryRequest): Promise<DiscoveryAnswer> {
    count(this.#discoveries, requester);
    const timeoutMs = LIMITS.discoveryHoldMs + WAY_MS;
    const acked = await this.#request(
      requester,
      { name: 'units.discover', payload: request },
      timeoutMs,
    );
    const reply = DiscoveryReply.safeParse(acked);
    if (!reply.success) throw this.#unreadable(requester.baseId, reply.error);
    if (!reply.data.ok) throw new AppError(reply.data.code);
    return DiscoveryAnswer.parse(reply.data);
  }

  /** @throws AppError as {@link discover} */
  async probe(requester: FinderRequester, request: ProbeRequest): Promise<ProbeAnswer> {
    count(this.#probes, requester);
    this.#deps.log.info({ ...requester, ...request.address }, 'address probed');
    const timeoutMs = LIMITS.probeTimeoutMs + WAY_MS;
    const acked = await this.#request(
      requester,
      { name: 'address.probe', payload: request },
      timeoutMs,
    );
    const reply = ProbeReply.safeParse(acked);
    if (!reply.success) throw this.#unreadable(requester.baseId, reply.error);
    if (!reply.data.ok) throw new AppError(reply.data.code);
    return ProbeAnswer.parse(reply.data);
  }

  async #request(
    { baseId }: FinderRequester,
    request: { readonly name: BaseRequestName; readonly payload: object },
    timeoutMs: number,
  ): Promise<unknown> {
    const { links, shares } = this.#deps;
    const path = await shares.pathOf(baseId);
    const link = links.live(baseId) ?? this.#elsewhere(baseId);
    if (!link) throw new AppError('base_offline');
    let giveWay = (): void => undefined;
    const evicted = new Promise<never>((_, reject) => {
      giveWay = () => reject(tooMany());
    });
    // When its turn comes, nobody is waiting for it.
    evicted.catch(() => undefined);
    const release = this.#slots.acquire(path, giveWay);
    if (!release) throw tooMany();
    try {
      return await Promise.race([evicted, link.request(request.name, request.payload, timeoutMs)]);
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('timed_out', { cause });
    } finally {
      release();
    }
  }

  #elsewhere(baseId: BaseId): Pick<BaseLink, 'request'> | undefined {
    const remote = this.#remote;
    return (
      remote && {
        request: (name, payload, timeoutMs) => remote.request(baseId, { name, payload, timeoutMs }),
      }
    );
  }

  #unreadable(baseId: BaseId, error: Error): AppError {
    this.#deps.log.warn({ baseId, err: error }, 'invalid answer from base');
    return new AppError('internal', { cause: error });
  }
}

function tooMany(): AppError {
  return new AppError('rate_limited', { details: { retryAfterSeconds: 1 } });
}

function count(limit: AttemptLimit, { baseId, userId }: FinderRequester): void {
  const waitSeconds = limit.count(`${baseId} ${userId}`);
  if (waitSeconds === undefined) return;
  throw new AppError('rate_limited', { details: { retryAfterSeconds: waitSeconds } });
}
