import { AppError } from '#protocol/errors.ts';
import type { SiteEventsQuery } from '#protocol/http/events.ts';
import type { SiteReadingsQuery } from '#protocol/http/readings.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FairSlots } from '#platform/sharing/fair-slots.ts';
import { SingleFlight } from '#platform/sharing/single-flight.ts';
import type { UserPrincipal } from '../domain/accounts/principal.ts';
import type { Revocation, Revocations } from '../domain/accounts/revocations.ts';
import type { RightInUse } from '../domain/channels/rights-audit.ts';
import type { WallTimers } from '../kernel/wall-timers.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import type { EventPages } from './event-pages.ts';
import { EventStream } from './event-stream.ts';
import type { ReadingPages, ReadingsFound } from './reading-pages.ts';
import { SharedTails } from './shared-tails.ts';
import { pageOfEvents, pageOfReadings, type StreamSource } from './stream-page.ts';

export interface StreamBounds {
  readonly inAll: number;
  readonly perAccount: number;
}

/** Each may buffer 64 KiB; events are read once per site, and cached as much. */
const DEFAULT_STREAM_BOUNDS: StreamBounds = { inAll: 500, perAccount: 32 };

export interface EventStreamsDeps {
  readonly pages: Pick<EventPages, 'page'>;
  readonly readingPages: Pick<ReadingPages, 'page'>;
  readonly revocations: Revocations;
  readonly clock: Clock;
  /** For the ends of streams. */
  readonly deadlines: Pick<WallTimers, 'at'>;
  readonly bounds?: StreamBounds;
}

/** What of a site is streamed; without `after`: from now on. */
export type Streamed =
  | { readonly kind: 'events'; readonly query: SiteEventsQuery }
  | { readonly kind: 'readings'; readonly query: SiteReadingsQuery };

export interface StreamRequest {
  readonly site: SiteId;
  readonly streamed: Streamed;
  readonly caller: UserPrincipal;
  /** Checks the right again once the stream can be ended. Rejects if it is gone. */
  readonly authorize: () => Promise<void>;
  /** When what the caller is known by runs out, as it is now: a session that is used lives on. */
  readonly endsAtMs: () => Promise<number>;
}

interface Open {
  readonly request: StreamRequest;
  readonly stream: EventStream;
  cancelExpiry: CancelTimer | undefined;
}

/** Streams of the events and the readings of sites over HTTP, woken by new ones. */
export class EventStreams implements OutcomeFollower {
  readonly #deps: EventStreamsDeps;
  readonly #slots: FairSlots;
  readonly #tails: SharedTails;
  /** Those that are up to date all stand at the same position, and share each page. */
  readonly #readings = new SingleFlight<string, ReadingsFound>();
  readonly #bySite = new Map<SiteId, Set<Open>>();
  #isClosed = false;

  constructor(deps: EventStreamsDeps) {
    this.#deps = deps;
    const { inAll, perAccount } = deps.bounds ?? DEFAULT_STREAM_BOUNDS;
    this.#tails = new SharedTails(deps);
    this.#slots = new FairSlots({ total: inAll, perInnermost: perAccount });
    deps.revocations.listen((revocation) => this.#revoked(revocation));
  }

  /** Streams that are open. */
  get size(): number {
    return this.#slots.size;
  }

  /** @throws AppError `overloaded` when the account has as many as it may; `not_ready`. */
  async open(request: StreamRequest): Promise<EventStream> {
    if (this.#isClosed) throw new AppError('not_ready');
    const { clock } = this.#deps;
    const { after, epoch } = request.streamed.query;
    const stream = new EventStream({ source: this.#sourceOf(request), clock }, { after, epoch });
    const open: Open = { request, stream, cancelExpiry: undefined };
    const release = this.#slots.acquire([request.caller.userId], () => stream.cut());
    if (!release) throw new AppError('overloaded');
    this.#add(open);
    const unfollow = this.#tails.follow(request.site);
    stream.output.once('close', () => {
      release();
      unfollow();
      this.#remove(open);
    });
    try {
      await request.authorize();
      await this.#expire(open);
      await stream.open();
      if (stream.isOver) throw new AppError('not_ready');
      return stream;
    } catch (error) {
      stream.cut();
      throw error;
    }
  }

  readonly committed = ({ events, readings }: Outcome): void => {
    for (const site of new Set(events.map((event) => event.site))) this.#wake(site, 'events');
    for (const site of readings.keys()) this.#wake(site, 'readings');
  };

  /** Accepts no more; each of those that are open can be ended by its function. */
  drain(): ((retryAfterMs: number) => void)[] {
    this.#isClosed = true;
    return this.#all().map(({ stream }) => (retryAfterMs) => {
      stream.endForNow('not_ready', retryAfterMs);
    });
  }

  /** Whether a stream of this site is open. */
  follows(site: SiteId): boolean {
    return this.#bySite.has(site);
  }

  /** All look for what is new. */
  wake(): void {
    for (const site of this.#bySite.keys()) {
      this.#wake(site, 'events');
      this.#wake(site, 'readings');
    }
  }

  /** What open streams rest on. */
  readonly rightsInUse = (): readonly RightInUse[] =>
    this.#all().map(({ request: { caller, site } }) => ({ caller, sites: [site] }));

  close(): void {
    this.#isClosed = true;
    for (const { stream } of this.#all()) stream.cut();
  }

  #wake(site: SiteId, kind: Streamed['kind']): void {
    if (kind === 'events') this.#tails.stored(site);
    for (const { stream, request } of this.#bySite.get(site) ?? []) {
      if (request.streamed.kind === kind) stream.wake();
    }
  }

  #sourceOf({ site, streamed }: StreamRequest): StreamSource {
    const { kind, query } = streamed;
    switch (kind) {
      case 'events':
        return async (place) => pageOfEvents(await this.#tails.page(site, { ...query, ...place }));
      case 'readings':
        return async (place) => {
          const wanted = { ...query, ...place };
          const key = `${site} ${JSON.stringify(wanted)}`;
          const read = () => this.#deps.readingPages.page(site, wanted);
          return pageOfReadings(await this.#readings.run(key, read));
        };
      default:
        return kind satisfies never;
    }
  }

  #add(open: Open): void {
    const ofSite = this.#bySite.get(open.request.site) ?? new Set<Open>();
    this.#bySite.set(open.request.site, ofSite.add(open));
  }

  #remove(open: Open): void {
    open.cancelExpiry?.();
    const ofSite = this.#bySite.get(open.request.site);
    ofSite?.delete(open);
    if (ofSite?.size === 0) this.#bySite.delete(open.request.site);
  }

  #all(): Open[] {
    return [...this.#bySite.values()].flatMap((ofSite) => [...ofSite]);
  }

  async #expire(open: Open): Promise<void> {
    const endsAtMs = await open.request.endsAtMs();
    if (endsAtMs <= this.#deps.clock.nowMs()) open.stream.cut();
    if (open.stream.isOver) return;
    open.cancelExpiry = this.#deps.deadlines.at(endsAtMs, () => {
      this.#expire(open).catch(() => open.stream.cut());
    });
  }

  #revoked(revocation: Revocation): void {
    for (const { request, stream } of this.#all()) {
      if (isRevoked(revocation, request)) stream.cut();
    }
  }
}

/** Whether what a stream rests on is gone. */
export function isRevoked(
  revocation: Revocation,
  { caller, site }: Pick<StreamRequest, 'caller' | 'site'>,
): boolean {
  switch (revocation.kind) {
    case 'session':
      return caller.kind === 'session' && caller.sessionId === revocation.sessionId;
    case 'token':
      return caller.kind === 'token' && caller.tokenId === revocation.tokenId;
    case 'member':
      return caller.userId === revocation.userId && site === revocation.siteId;
    case 'base':
    case 'device':
    case 'credential':
    case 'device_changed':
    case 'session_changed':
    case 'members_changed':
    case 'unheard':
      return false;
    default:
      return revocation satisfies never;
  }
}
