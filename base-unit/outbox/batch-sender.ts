import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import type { EventBatch, SenderName, EventSender, SendOutcome } from './event-sender.ts';

interface BatchSenderDeps {
  readonly sender: EventSender;
  readonly name: SenderName;
  /** The life of the outbox, and how far the hub has confirmed it. */
  readonly outbox: {
    readonly epoch: EventBatch['epoch'];
    readonly lastSettled: EventBatch['settled'];
  };
  /** The next events to send; empty when there are none now. */
  readonly next: () => OutboxEvent[];
  /** @returns whether to continue at once. */
  readonly done: (events: readonly OutboxEvent[], outcome: SendOutcome) => boolean;
  /** Something threw that should not; the sender is idle again. */
  readonly failed: (error: unknown) => void;
}

/** One request in flight at a time; new events go with the next one. */
export class BatchSender {
  readonly #deps: BatchSenderDeps;
  #inFlight: readonly OutboxEvent[] = [];
  #running: Promise<void> | undefined;
  /** There may be more since the running request was begun. */
  #wasWoken = false;

  constructor(deps: BatchSenderDeps) {
    this.#deps = deps;
  }

  get inFlight(): readonly OutboxEvent[] {
    return this.#inFlight;
  }

  /** Starts sending unless already sending. */
  wake(): void {
    if (this.#running) {
      this.#wasWoken = true;
      return;
    }
    this.#wasWoken = false;
    const events = this.#deps.next();
    if (events.length === 0) return;
    this.#running = this.#send(events)
      .then((goOn) => {
        this.#running = undefined;
        // Also of one that failed, where the reason to wait is gone already.
        if (goOn || this.#wasWoken) this.wake();
      })
      .catch((error: unknown) => {
        this.#running = undefined;
        this.#inFlight = [];
        this.#deps.failed(error);
      });
  }

  /** Until the request in flight has been answered. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #send(events: readonly OutboxEvent[]): Promise<boolean> {
    this.#inFlight = events;
    const { sender, name, outbox } = this.#deps;
    const outcome = await sender.send({
      sentBy: name,
      epoch: outbox.epoch,
      settled: outbox.lastSettled,
      events,
    });
    this.#inFlight = [];
    return this.#deps.done(events, outcome);
  }
}
