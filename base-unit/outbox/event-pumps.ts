import type { ErrorCode } from '#protocol/errors.ts';
import { type OutboxEvent, PRIORITY } from '../store/outbox/outbox-event.ts';
import { EventPump, type EventPumpDeps } from './event-pump.ts';

export interface EventPumpsDeps extends Omit<
  EventPumpDeps,
  'part' | 'onHubUnreachable' | 'onHubReachable'
> {
  /** Events get through again, after they did not: once each time. */
  readonly hubReached?: () => void;
}

/** Results and everything else, each in its own sender; neither waits for the other. */
export class EventPumps {
  readonly #results: EventPump;
  readonly #rest: EventPump;

  constructor(deps: EventPumpsDeps) {
    this.#results = new EventPump({
      ...deps,
      part: 'results',
      onHubUnreachable: (code, retryInMs) => this.#rest.pause(code, retryInMs),
      onHubReachable: () => {
        this.#rest.unpause();
        deps.hubReached?.();
      },
    });
    this.#rest = new EventPump({
      ...deps,
      part: 'rest',
      onHubUnreachable: (code, retryInMs) => this.#results.pause(code, retryInMs),
      onHubReachable: () => {
        this.#results.unpause();
        deps.hubReached?.();
      },
    });
  }

  /** Why events do not get through now; undefined while they do. */
  get lastError(): ErrorCode | undefined {
    return this.#results.lastError ?? this.#rest.lastError;
  }

  /** Events that the hub refused for good. */
  get refused(): number {
    return this.#results.refused + this.#rest.refused;
  }

  /** What events other than results had better not exceed now. */
  get eventBytes(): number {
    return this.#rest.eventBytes;
  }

  start(): void {
    this.#results.start();
    this.#rest.start();
  }

  /** @see EventPump.sendAhead */
  sendBeforeCommit(results: readonly OutboxEvent[]): void {
    this.#results.sendBeforeCommit(results);
  }

  /** These were stored just now. */
  enqueue(events: readonly OutboxEvent[]): void {
    const results = events.filter(isResult);
    if (results.length > 0) this.#results.enqueue(results);
    if (results.length < events.length) this.#rest.enqueue(events.filter((one) => !isResult(one)));
  }

  /** The hub was reached: no reason to wait any longer. */
  wake(): void {
    this.#results.wake();
    this.#rest.wake();
  }

  async close(): Promise<void> {
    await Promise.all([this.#results.close(), this.#rest.close()]);
  }
}

function isResult({ priority }: OutboxEvent): boolean {
  return priority === PRIORITY.result;
}
