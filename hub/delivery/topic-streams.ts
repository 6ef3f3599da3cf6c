import { AppError } from '#protocol/errors.ts';
import { TOPIC_LIMITS, type TopicNews } from '#protocol/http/topics.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FairSlots } from '#platform/sharing/fair-slots.ts';
import type { UserPrincipal } from '../domain/accounts/principal.ts';
import type { Revocations } from '../domain/accounts/revocations.ts';
import type { RightInUse } from '../domain/channels/rights-audit.ts';
import type { WallTimers } from '../kernel/wall-timers.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';
import { retainedFrom } from '../store/mqtt-retained.ts';
import type { Db } from '../store/schema.ts';
import { isRevoked, type StreamBounds } from './event-streams.ts';
import { topicState, TopicStream } from './topic-stream.ts';

/** Each may hold the last message of every topic that it shows. */
const BOUNDS: StreamBounds = { inAll: 50, perAccount: 5 };

export interface TopicStreamsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly deadlines: Pick<WallTimers, 'at'>;
  readonly revocations: Revocations;
  /** From here on all that is published in the site is shown here. @returns ends it. */
  readonly watchTopics: (site: SiteId) => Promise<() => void>;
}

export interface TopicRequest {
  readonly site: SiteId;
  readonly under: string | undefined;
  readonly caller: UserPrincipal;
  /** Checks the right again once the stream can be ended. Rejects if it is gone. */
  readonly authorize: () => Promise<void>;
  readonly endsAtMs: () => Promise<number>;
}

interface Open {
  readonly request: TopicRequest;
  readonly stream: TopicStream;
  cancelExpiry: CancelTimer | undefined;
}

/** Streams of what is published at the topics of sites, for people who look at it. */
export class TopicStreams {
  readonly #deps: TopicStreamsDeps;
  readonly #slots = new FairSlots({ total: BOUNDS.inAll, perInnermost: BOUNDS.perAccount });
  readonly #open = new Set<Open>();
  #isClosed = false;

  constructor(deps: TopicStreamsDeps) {
    this.#deps = deps;
    deps.revocations.listen((revocation) => {
      for (const { request, stream } of this.#open) {
        if (isRevoked(revocation, request)) stream.cut();
      }
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Each message that is handed on at this hub. */
  readonly shown = (message: MessageRecord): void => {
    for (const { request, stream } of this.#open) {
      if (request.site === message.site) stream.shown(message);
    }
  };

  /** @throws AppError `overloaded` when the account has as many as it may; `not_ready`. */
  async open(request: TopicRequest): Promise<TopicStream> {
    if (this.#isClosed) throw new AppError('not_ready');
    const { clock, watchTopics } = this.#deps;
    const { site, under } = request;
    const stream = new TopicStream({ clock, under });
    const release = this.#slots.acquire([request.caller.userId], () => stream.cut());
    if (!release) throw new AppError('overloaded');
    const open: Open = { request, stream, cancelExpiry: undefined };
    let unwatch: (() => void) | undefined;
    this.#open.add(open);
    stream.output.once('close', () => {
      release();
      unwatch?.();
      open.cancelExpiry?.();
      this.#open.delete(open);
    });
    try {
      await request.authorize();
      await this.#expire(open);
      unwatch = await watchTopics(site);
      const retained = await this.#retained(site, under);
      if (stream.isOver) throw new AppError('not_ready');
      stream.open(retained);
      return stream;
    } catch (error) {
      stream.cut();
      unwatch?.();
      throw error;
    }
  }

  /** What is retained alone. */
  async retained(site: SiteId, under: string | undefined): Promise<TopicNews> {
    const messages = await this.#retained(site, under);
    return { topics: messages.map((message) => topicState(message, 0)), hidden: 0 };
  }

  async #retained(site: SiteId, under: string | undefined): Promise<MessageRecord[]> {
    const { db, clock } = this.#deps;
    const found = await retainedFrom(db, site, {
      ...{ start: under ?? '', after: '', limit: TOPIC_LIMITS.topics },
      nowMs: clock.nowMs(),
    });
    return found.filter(({ topic }) => under === undefined || isWithin(topic, under));
  }

  /** Accepts no more; each of those that are open can be ended by its function. */
  drain(): ((retryAfterMs: number) => void)[] {
    this.#isClosed = true;
    return [...this.#open].map(({ stream }) => (retryAfterMs) => {
      stream.endForNow('not_ready', retryAfterMs);
    });
  }

  readonly rightsInUse = (): readonly RightInUse[] =>
    [...this.#open].map(({ request: { caller, site } }) => ({ caller, sites: [site] }));

  close(): void {
    this.#isClosed = true;
    for (const { stream } of this.#open) stream.cut();
  }

  async #expire(open: Open): Promise<void> {
    const { clock, deadlines } = this.#deps;
    const endsAtMs = await open.request.endsAtMs();
    if (endsAtMs <= clock.nowMs()) open.stream.cut();
    if (open.stream.isOver) return;
    open.cancelExpiry = deadlines.at(endsAtMs, () => {
      this.#expire(open).catch(() => open.stream.cut());
    });
  }
}

function isWithin(topic: string, under: string): boolean {
  return topic === under || topic.startsWith(`${under}/`);
}
