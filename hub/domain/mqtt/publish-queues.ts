import { AppError } from '#protocol/errors.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { KeptSubscriptions } from './kept-subscriptions.ts';
import type { MessageStore, StoredMessages, SubmittedMessage } from './message-store.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';

/** `fenced`: the session of the publisher has another connection by now. */
export type PublishOutcome = 'stored' | 'fenced';

interface Waiting extends SubmittedMessage {
  /** Stored with it. */
  readonly alsoIn: ((work: Work) => Promise<void>) | undefined;
  readonly done: (outcome: PublishOutcome) => void;
  readonly failed: (error: unknown) => void;
}

interface SiteQueue {
  waiting: Waiting[];
  isRunning: boolean;
}

/** Messages in one transaction. */
const MAX_BATCH = 256;

export interface PublishQueuesDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly store: Pick<MessageStore, 'storeIn'>;
  readonly kept: Pick<KeptSubscriptions, 'clear'>;
  /** Called after the commit, before the acknowledgements leave, in the order of the commits. */
  readonly stored: (stored: StoredMessages) => void;
}

/**
 * Stores the messages of each site in the order of arrival: what came while the last
 * transaction ran shares the next one, whoever sent it.
 */
export class PublishQueues {
  readonly #deps: PublishQueuesDeps;
  readonly #queues = new Map<SiteId, SiteQueue>();

  constructor(deps: PublishQueuesDeps) {
    this.#deps = deps;
  }

  /** Messages that wait for their commit. */
  get size(): number {
    return [...this.#queues.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /**
   * Resolves once it is stored.
   *
   * @throws AppError `overloaded` when too many of the site wait; and whatever the store does.
   */
  publish(
    site: SiteId,
    submitted: SubmittedMessage,
    alsoIn?: (work: Work) => Promise<void>,
  ): Promise<PublishOutcome> {
    const queue = this.#queue(site);
    if (queue.waiting.length >= MQTT_LIMITS.pendingPerSite) {
      return Promise.reject(new AppError('overloaded'));
    }
    return new Promise((done, failed) => {
      queue.waiting.push({ ...submitted, alsoIn, done, failed });
      if (queue.isRunning) return;
      queue.isRunning = true;
      // What arrived in the same turn goes together.
      setImmediate(() => void this.#drain(site, queue));
    });
  }

  async #drain(site: SiteId, queue: SiteQueue): Promise<void> {
    while (queue.waiting.length > 0) {
      const batch = queue.waiting.splice(0, MAX_BATCH);
      try {
        await this.#store(site, batch);
      } catch (error) {
        this.#deps.kept.clear();
        await this.#oneByOne(site, batch, error);
      }
    }
    queue.isRunning = false;
    this.#queues.delete(site);
  }

  /** A fault of one message must not refuse the others. */
  async #oneByOne(site: SiteId, batch: readonly Waiting[], fault: unknown): Promise<void> {
    if (batch.length === 1 || fault instanceof AppError) {
      for (const { failed } of batch) failed(fault);
      return;
    }
    for (const one of batch) {
      try {
        await this.#store(site, [one]);
      } catch (error) {
        this.#deps.kept.clear();
        one.failed(error);
      }
    }
  }

  async #store(site: SiteId, batch: readonly Waiting[]): Promise<void> {
    const { unitOfWork, store, stored } = this.#deps;
    const outcome = await unitOfWork.run(async (work) => {
      const made = await store.storeIn(work, site, batch);
      for (const { draft, alsoIn } of batch) {
        if (!made.fenced.has(draft) && !made.refused.has(draft)) await alsoIn?.(work);
      }
      work.wake(() => stored(made));
      return made;
    }, site);
    for (const { draft, done, failed } of batch) {
      if (outcome.refused.has(draft)) failed(new AppError('overloaded'));
      else done(outcome.fenced.has(draft) ? 'fenced' : 'stored');
    }
  }

  #queue(site: SiteId): SiteQueue {
    const known = this.#queues.get(site);
    if (known) return known;
    const queue: SiteQueue = { waiting: [], isRunning: false };
    this.#queues.set(site, queue);
    return queue;
  }
}
