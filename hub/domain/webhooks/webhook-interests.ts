import type { Logger } from 'pino';
import { Signal } from '#platform/signal.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { SiteEventType } from '#protocol/events/site-event.ts';
import { fitsPattern, type EventPattern } from '#protocol/http/webhooks.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Outcome, OutcomeFollower } from '../../kernel/outcome.ts';
import { markBehindIn } from '../../store/event-cursors.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { wantedEvents } from '../../store/webhooks.ts';
import { WRITERS } from '../../store/writers.ts';

/** The name of the consumer that stores what is to be sent. */
export const WEBHOOK_CONSUMER = 'webhooks';

export interface WebhookInterestsDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What another hub has changed is known here this late. */
const LOOK_MS = 5_000;

/**
 * Which events the webhooks of each site want: every transaction looks here whether it has
 * something for them. It may be too little for a while after another hub changed something;
 * what was stored meanwhile is marked then.
 */
export class WebhookInterests implements OutcomeFollower {
  /** There may be something to do for the consumer. */
  readonly marked = new Signal();
  readonly #deps: WebhookInterestsDeps;
  #wanted = new Map<SiteId, ReadonlySet<EventPattern>>();
  #loading: Promise<void> | undefined;
  #isStale = false;
  #cancelLook: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: WebhookInterestsDeps) {
    this.#deps = deps;
  }

  readonly wants = (siteId: SiteId, type: SiteEventType): boolean => {
    for (const pattern of this.#wanted.get(siteId) ?? [])
      if (fitsPattern(type, pattern)) return true;
    return false;
  };

  get sites(): readonly SiteId[] {
    return [...this.#wanted.keys()];
  }

  /** From its commit on, a new webhook has what it wants marked at this hub. */
  readonly committed = ({ events }: Outcome): void => {
    if (events.some(({ type }) => type.startsWith('webhook.'))) void this.reload();
  };

  async open(): Promise<void> {
    this.#wanted = await this.#read();
  }

  start(): void {
    if (!this.#deps.isShared) return;
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      void this.reload().finally(() => {
        if (!this.#isClosed) this.start();
      });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    await this.#loading;
  }

  reload(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#reload().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #reload(): Promise<void> {
    const { unitOfWork, log } = this.#deps;
    try {
      while (this.#isStale && !this.#isClosed) {
        this.#isStale = false;
        const wanted = await this.#read();
        const changed = [...wanted].flatMap(([site, patterns]) =>
          isSame(this.#wanted.get(site), patterns) ? [] : [site],
        );
        this.#wanted = wanted;
        if (changed.length === 0) continue;
        await unitOfWork.run(({ tx }) => markBehindIn(tx, WEBHOOK_CONSUMER, changed), WRITERS.hub);
        this.marked.emit();
      }
    } catch (error) {
      log.warn({ err: error }, 'webhooks not read, retry scheduled');
      this.#deps.clock.after(LOOK_MS, () => {
        if (!this.#isClosed) void this.reload();
      });
    }
  }

  async #read(): Promise<Map<SiteId, ReadonlySet<EventPattern>>> {
    const wanted = new Map<SiteId, Set<EventPattern>>();
    for (const { siteId, events } of await wantedEvents(this.#deps.db)) {
      const known = wanted.get(siteId) ?? new Set();
      for (const pattern of events) known.add(pattern);
      wanted.set(siteId, known);
    }
    return wanted;
  }
}

function isSame(
  one: ReadonlySet<EventPattern> | undefined,
  other: ReadonlySet<EventPattern>,
): boolean {
  return one?.size === other.size && [...other].every((pattern) => one.has(pattern));
}
