import type { Logger } from 'pino';
import type { ErrorCode } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Backoff } from '#platform/backoff.ts';
import { HUB_RETRY } from './hub-retry.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { type OutboxEvent, PRIORITY } from '../store/outbox/outbox-event.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, countOfBatch } from './batch.ts';
import { BatchSize } from './batch-size.ts';
import { SettledDeletion } from './settled-deletion.ts';
import type { SenderName, EventSender, SendOutcome } from './event-sender.ts';
import { BatchSender } from './batch-sender.ts';

/** Results are sent separately from everything else, which may be large. */
export type EventPart = 'results' | 'rest';

export interface EventPumpDeps {
  readonly part: EventPart;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly store: Store;
  readonly sender: EventSender;
  /** No event of any kind succeeds now; delay until the next try. */
  readonly onHubUnreachable?: (code: ErrorCode, retryInMs: number) => void;
  /** Events get through again. */
  readonly onHubReachable?: () => void;
}

/** Live events kept in memory; beyond that they are read from the disk again, as backlog. */
const MAX_LIVE_EVENTS = 2_000;
/** Room for the envelope around the events. */
const MAX_BATCH_BYTES = LIMITS.webhookBodyBytes - 1_024;
const CLOSE_PATIENCE_MS = 1_000;

/**
 * Sends one part of the outbox. New events go first, readings beside the others, and
 * the backlog from while the hub was away over a third connection.
 */
export class EventPump {
  readonly #deps: EventPumpDeps;
  readonly #backoff: Backoff;
  readonly #senders: readonly BatchSender[];
  readonly #urgent: OutboxEvent[] = [];
  readonly #bulk: OutboxEvent[] = [];
  /** Declarations in flight: the hub would refuse readings of an unknown unit. */
  readonly #declarations = new Set<number>();
  /** Sent, or about to be, while they are being stored. */
  readonly #sentBeforeCommit = new Set<number>();
  /** Up to here the events are backlog: they are on the disk and not in memory. */
  #backlogTo = 0;
  #hasBacklog = true;
  /** After the hub refused a batch so many events go one at a time, to find the bad one. */
  #searchLeft = 0;
  readonly #size = new BatchSize(MAX_BATCH_BYTES);
  readonly #deletion: SettledDeletion;
  #cancelRetry: CancelTimer | undefined;
  #cancelProbe: CancelTimer | undefined;
  #lastError: ErrorCode | undefined;
  #refused = 0;
  #isStarted = false;

  constructor(deps: EventPumpDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...HUB_RETRY, random: deps.random });
    this.#deletion = new SettledDeletion({ ...deps, reported: (gaps) => this.enqueue(gaps) });
    const { sender } = deps;
    const { outbox } = deps.store;
    const done = (events: readonly OutboxEvent[], outcome: SendOutcome) =>
      this.#done(events, outcome);
    const failed = (error: unknown) => {
      deps.log.error({ err: error }, 'sending failed');
      this.#wait({ kind: 'later', code: 'internal' });
    };
    const senderNamed = (name: SenderName, next: () => OutboxEvent[]) =>
      new BatchSender({ sender, name, outbox, done, failed, next });
    this.#senders =
      deps.part === 'results'
        ? [
            senderNamed('results', () => this.#nextLive(this.#urgent)),
            senderNamed('results', () => this.#nextBacklog()),
          ]
        : [
            senderNamed('events', () => this.#nextLive(this.#urgent)),
            senderNamed('readings', () => this.#nextBulk()),
            senderNamed('backlog', () => this.#nextBacklog()),
          ];
  }

  /** Why events do not get through now; undefined while they do. */
  get lastError(): ErrorCode | undefined {
    const isNarrow = this.#size.isPathNarrow(this.#deps.clock.monotonicMs());
    return isNarrow ? 'large_messages_lost' : this.#lastError;
  }

  /** Events that the hub refused for good. */
  get refused(): number {
    return this.#refused;
  }

  /** @see BatchSize.eventBytes */
  get eventBytes(): number {
    return this.#size.eventBytes;
  }

  start(): void {
    this.#isStarted = true;
    this.#backlogTo = this.#deps.store.outbox.lastSeq;
    this.#hasBacklog = true;
    this.#wakeSenders();
  }

  /**
   * These results are being stored: they may leave meanwhile, and are handed
   * to {@link enqueue} as well once that is done. Called inside a transaction.
   */
  sendBeforeCommit(results: readonly OutboxEvent[]): void {
    if (!this.#isLive() || !this.#canSend()) return;
    for (const event of results) {
      this.#sentBeforeCommit.add(event.seq);
      this.#urgent.push(event);
    }
    this.#senders[0]?.wake();
  }

  /** These were stored just now. */
  enqueue(events: readonly OutboxEvent[]): void {
    for (const { seq, type } of events) {
      if (type === 'units.declared') this.#declarations.add(seq);
    }
    const fresh = events.filter(({ seq }) => !this.#sentBeforeCommit.delete(seq));
    if (fresh.length > 0 && !this.#isLive()) {
      this.#fallBack();
    } else {
      for (const event of fresh) {
        (event.priority === PRIORITY.readings ? this.#bulk : this.#urgent).push(event);
      }
    }
    this.#wakeSenders();
  }

  /** The hub was reached: no reason to wait any longer. */
  wake(): void {
    if (!this.#cancelRetry) return;
    this.#cancelRetry();
    this.#cancelRetry = undefined;
    this.#wakeSenders();
  }

  #isLive(): boolean {
    const waiting = this.#urgent.length + this.#bulk.length;
    return this.#isStarted && this.#lastError === undefined && waiting <= MAX_LIVE_EVENTS;
  }

  async close(): Promise<void> {
    if (!this.#isStarted) return;
    this.#isStarted = false;
    this.#cancelProbe?.();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    let cancel: CancelTimer | undefined;
    const patience = new Promise<void>((resolve) => {
      cancel = this.#deps.clock.after(CLOSE_PATIENCE_MS, resolve);
    });
    await Promise.race([Promise.all(this.#senders.map(async (sender) => sender.idle())), patience]);
    cancel?.();
    this.#deletion.close();
  }

  #wakeSenders(): void {
    if (!this.#isStarted || this.#cancelRetry) return;
    for (const sender of this.#senders) sender.wake();
  }

  /** Everything unsettled becomes backlog; unstored events join it once stored. */
  #fallBack(): void {
    this.#sentBeforeCommit.clear();
    this.#urgent.length = 0;
    this.#bulk.length = 0;
    this.#backlogTo = this.#deps.store.outbox.lastSeq;
    this.#hasBacklog = true;
  }

  #nextLive(waiting: OutboxEvent[]): OutboxEvent[] {
    if (!this.#canSend()) return [];
    const batch = this.#batchOf(waiting);
    if (batch.length < waiting.length) {
      const leaving = new Set(batch);
      waiting.splice(0, waiting.length, ...waiting.filter((event) => !leaving.has(event)));
    } else waiting.length = 0;
    return batch;
  }

  /** The next of these that fit; those too large for the path wait until such are tried again. */
  #batchOf(waiting: readonly OutboxEvent[]): OutboxEvent[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const maxBytes = this.#size.maxBytes(nowMs);
    const probeInMs = this.#size.probeInMs(nowMs);
    if (probeInMs === undefined) return waiting.slice(0, countOfBatch(waiting, maxBytes));
    const fitting = waiting.filter(({ json }) => json.length <= maxBytes);
    if (fitting.length < waiting.length) this.#probeAfter(probeInMs);
    if (fitting.length > 0) return fitting.slice(0, countOfBatch(fitting, maxBytes));
    // An event counts as too large only after it was tried alone.
    return this.#size.isPathNarrow(nowMs) ? [] : waiting.slice(0, 1);
  }

  #probeAfter(waitMs: number): void {
    this.#cancelProbe ??= this.#deps.clock.after(waitMs, () => {
      this.#cancelProbe = undefined;
      this.#hasBacklog = true;
      this.#wakeSenders();
    });
  }

  #nextBulk(): OutboxEvent[] {
    return this.#declarations.size > 0 ? [] : this.#nextLive(this.#bulk);
  }

  #nextBacklog(): OutboxEvent[] {
    if (!this.#canSend() || !this.#hasBacklog) return [];
    const elsewhere = new Set(
      this.#senders.flatMap(({ inFlight }) => inFlight.map(({ seq }) => seq)),
    );
    const max = LIMITS.webhookBatchEvents + elsewhere.size;
    let page: OutboxEvent[];
    try {
      page = this.#readPage(max);
    } catch (error) {
      this.#deps.log.error({ err: error }, 'outbox not read');
      this.#wait({ kind: 'later', code: 'storage_full' });
      return [];
    }
    const isDeclaring = [...this.#declarations].some((seq) => elsewhere.has(seq));
    const waiting = page.filter(
      ({ seq, priority }) =>
        !elsewhere.has(seq) && !(isDeclaring && priority === PRIORITY.readings),
    );
    this.#hasBacklog = isDeclaring || waiting.length > 0;
    if (this.#searchLeft === 0) return this.#batchOf(waiting);
    this.#searchLeft -= 1;
    return waiting.slice(0, 1);
  }

  /** The first that fit, where batches are reduced and any does. */
  #readPage(limit: number): OutboxEvent[] {
    const { store, part, clock } = this.#deps;
    const maxBytes = this.#size.maxBytes(clock.monotonicMs());
    return store.commit(() => {
      const fitting = store.outbox.page(this.#backlogTo, limit, { part, maxBytes });
      if (fitting.length > 0 || maxBytes >= MAX_BATCH_BYTES) return fitting;
      return store.outbox.page(this.#backlogTo, limit, { part });
    });
  }

  #canSend(): boolean {
    return this.#isStarted && !this.#cancelRetry;
  }

  #done(events: readonly OutboxEvent[], outcome: SendOutcome): boolean {
    switch (outcome.kind) {
      case 'settled':
        this.#size.passed(bytesOf(events));
        this.#countRefused(outcome.refused);
        this.#settle(events);
        this.#recover();
        return true;
      case 'wrong':
        return this.#rejectBatch(events, outcome.code);
      case 'later':
        if (outcome.isTimeout) {
          this.#size.timedOut(bytesOf(events), this.#deps.clock.monotonicMs());
        }
        this.#wait(outcome);
        return false;
      default:
        return outcome satisfies never;
    }
  }

  /** A wrong batch of one is that one's fault; a larger one is sent again in single events. */
  #rejectBatch([first, ...rest]: readonly OutboxEvent[], code: ErrorCode): boolean {
    if (first && rest.length === 0) {
      this.#countRefused([{ seq: first.seq, code }]);
      this.#settle([first]);
    } else {
      this.#deps.log.warn({ code, events: rest.length + 1 }, 'batch refused, splitting');
      this.#searchLeft = rest.length + 1;
      this.#fallBack();
    }
    this.#wakeSenders();
    return true;
  }

  /** One line for a batch: a hub that refuses everything must not fill the disk with them. */
  #countRefused(refused: readonly { readonly seq: number; readonly code: ErrorCode }[]): void {
    const [first] = refused;
    if (!first) return;
    this.#refused += refused.length;
    this.#deps.log.error({ ...first, events: refused.length }, 'events refused by hub');
  }

  #recover(): void {
    this.#backoff.reset();
    if (this.#lastError === undefined) return;
    this.#deps.log.info({ part: this.#deps.part }, 'event delivery resumed');
    this.#lastError = undefined;
    this.#wakeSenders();
    this.#deps.onHubReachable?.();
  }

  /** Another part found the hub away: it tries for this one too, unless it comes to nothing. */
  pause(code: ErrorCode, forMs: number): void {
    if (!this.#isStarted) return;
    this.#lastError ??= code;
    this.#fallBack();
    this.#cancelRetry?.();
    this.#retryAfter(forMs + HUB_RETRY.maxMs);
  }

  #wait(outcome: Extract<SendOutcome, { kind: 'later' }>): void {
    if (this.#lastError === undefined) {
      const { part, log } = this.#deps;
      log.warn({ part, code: outcome.code }, 'event delivery failing');
    }
    this.#lastError = outcome.code;
    this.#fallBack();
    if (!this.#isStarted || this.#cancelRetry) return;
    // In addition to what the hub requests, so that its clients do not all return at the same
    // moment.
    const waitMs = (outcome.afterMs ?? 0) + this.#backoff.next();
    this.#retryAfter(waitMs);
    // What a hub falls over may be this batch alone: the other part need not wait for it.
    const isHubAway = !outcome.isTimeout && outcome.code !== 'internal';
    if (isHubAway) this.#deps.onHubUnreachable?.(outcome.code, waitMs);
  }

  /** Another part got through: so may this one, also where it has nothing to try with. */
  unpause(): void {
    this.#lastError = undefined;
    this.wake();
  }

  #retryAfter(waitMs: number): void {
    this.#cancelRetry = this.#deps.clock.after(waitMs, () => {
      this.#cancelRetry = undefined;
      this.#wakeSenders();
    });
  }

  #settle(events: readonly OutboxEvent[]): void {
    this.#deps.store.outbox.settle(events);
    let wasDeclaration = false;
    for (const { seq } of events) {
      // Not even stored now: if it is stored later, it is sent again rather than forgotten.
      this.#sentBeforeCommit.delete(seq);
      wasDeclaration = this.#declarations.delete(seq) || wasDeclaration;
    }
    if (wasDeclaration) this.#wakeSenders();
    this.#deletion.soon();
  }
}
