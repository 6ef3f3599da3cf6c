import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import type {
  BaseEventBody,
  CommandFinished,
  ReadingsDropped,
} from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Reading } from '#protocol/reading.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { inChunks } from '#platform/in-chunks.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';
import type { Dropped } from '../store/outbox/retention.ts';
import type { GroupCommit } from '../store/group-commit.ts';
import type { Store } from '../store/store.ts';
import { LostReadings } from './lost-readings.ts';
import { PendingEvents } from './pending-events.ts';

export interface EventWriterDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Pick<Store, 'commit' | 'gaps' | 'journal' | 'outbox' | 'reportGaps' | 'units'>;
  readonly group: Pick<GroupCommit, 'add'>;
  /** These are on the disk now and may be sent. */
  readonly appended: (events: readonly OutboxEvent[]) => void;
  /** What readings had better not exceed that travel together; default: no bound but that of the protocol. */
  readonly eventBytes?: () => number;
  /** These are being committed, and may be sent meanwhile; {@link appended} gets them as well. */
  readonly sendBeforeCommit: (events: readonly OutboxEvent[]) => void;
}

/** Readings wait this long for others, so that they share one commit ... */
const GROUP_MS = 20;
/** ... and longer when the last commit was made less than this ago: a few commits a second do. */
const BUSY_GROUP_MS = 100;
/** ... or on a disk so slow that commits would take more than a fifth of the time. */
const SHARE_OF_TIME = 5;
const MAX_GROUP_MS = 500;
/**
 * While other commands are in flight, results are committed at this interval: those
 * that arrive in between share a commit, a signature and a webhook, and everything that
 * a webhook costs the hub. With nothing else in flight a result never waits.
 */
const RESULTS_APART_MS = 10;
/** Waiting readings that trigger a commit at once. */
const MAX_WAITING = 5_000;
/** While nothing can be stored (a full disk), so much is kept in memory; then the oldest readings go. */
const MAX_UNSTORED = 20_000;
const RETRY_STORING_MS = 1_000;

/** Of a reading as it is written, and of the event around it; most are shorter. */
const READING_BYTES = 200;
const READINGS_EVENT_BYTES = 150;

interface Stored {
  readonly events: readonly OutboxEvent[];
  readonly dropped: Dropped;
}

const NOTHING_STORED: Stored = { events: [], dropped: { readings: 0, statusEvents: 0 } };

/** A result as the journal keeps it, and as it travels. */
interface StoredResult {
  readonly data: CommandFinished;
  readonly events: readonly OutboxEvent[];
}

interface WaitingReadings {
  readonly unitId: UnitId;
  readonly bootId: string;
  readonly readings: Reading[];
}

/**
 * Stores events in the outbox, on disk, before they are sent.
 *
 * A result is committed at once, with whatever else arrived at the same moment, and
 * together with the journal's mark that the command has ended, so that neither exists
 * without the other. Everything else is committed in groups of {@link GROUP_MS} or
 * more: a power cut may lose that much of the readings, never of the results.
 */
export class EventWriter {
  readonly #deps: EventWriterDeps;
  readonly #results: CommandFinished[] = [];
  /** Events of results that left while they were being stored, until that is done. */
  readonly #sentBeforeCommit = new Map<CommandFinished, StoredResult>();
  readonly #statusEvents = new PendingEvents();
  readonly #readings = new Map<string, WaitingReadings>();
  #waitingReadings = 0;
  #areResultsDue = false;
  #cancelResults: CancelTimer | undefined;
  #lastResultsMs = Number.NEGATIVE_INFINITY;
  #cancelGroup: CancelTimer | undefined;
  #groupMs = GROUP_MS;
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  readonly #lost = new LostReadings();
  #isClosed = false;

  constructor(deps: EventWriterDeps) {
    this.#deps = deps;
  }

  /** Events that could not even be stored. */
  get unstoredEvents(): number {
    return this.#statusEvents.evicted;
  }

  /** Readings that could not even be stored. */
  get unstoredDropped(): number {
    return this.#lost.total;
  }

  /**
   * @param othersInFlight commands whose results may come soon, and may share the cost
   * of this one.
   */
  result(result: CommandFinished, othersInFlight = 0): void {
    this.#results.push(result);
    const { clock } = this.#deps;
    const waitMs = this.#lastResultsMs + RESULTS_APART_MS - clock.monotonicMs();
    if (othersInFlight === 0 || waitMs <= 0) this.#storeResults();
    else this.#cancelResults ??= clock.after(waitMs, () => this.#storeResults());
  }

  /** Call inside a transaction. @returns what to do once that is committed. */
  resultWithin(result: CommandFinished): () => void {
    const stored = this.#append([result], []);
    return () => {
      this.#publish(stored);
    };
  }

  /** @param withinCommit written in the same commit as the event. */
  happened(body: BaseEventBody, withinCommit?: () => void): void {
    this.#statusEvents.add({ body, withinCommit });
    this.#arm(this.#groupMs);
  }

  readings(unitId: UnitId, bootId: string, readings: readonly Reading[]): void {
    const key = `${unitId} ${bootId}`;
    const waiting = this.#readings.get(key) ?? { unitId, bootId, readings: [] };
    waiting.readings.push(...readings);
    this.#readings.set(key, waiting);
    this.#waitingReadings += readings.length;
    if (this.#waitingReadings >= MAX_WAITING && this.#groupMs < RETRY_STORING_MS) this.#flush();
    else this.#arm(this.#groupMs);
    this.#bound();
  }

  /** Samples that never arrived: reported to the hub as lost readings. */
  missed(gap: ReadingsDropped): void {
    this.#lost.note(gap);
    this.#arm(this.#groupMs);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#cancelResults?.();
    this.#cancelGroup?.();
    this.#cancelGroup = undefined;
  }

  #arm(delayMs: number): void {
    if (this.#isClosed) return;
    const sinceLastMs = this.#deps.clock.monotonicMs() - this.#lastFlushMs;
    const waitMs = Math.max(delayMs, BUSY_GROUP_MS - sinceLastMs);
    this.#cancelGroup ??= this.#deps.clock.after(waitMs, () => {
      this.#cancelGroup = undefined;
      this.#flush();
    });
  }

  /** All results that exist when the commit runs; one scheduled commit is enough. */
  #storeResults(): void {
    this.#cancelResults?.();
    this.#cancelResults = undefined;
    if (this.#areResultsDue) return;
    this.#areResultsDue = true;
    this.#lastResultsMs = this.#deps.clock.monotonicMs();
    let batch: CommandFinished[] = [];
    let stored: Stored = NOTHING_STORED;
    this.#deps.group.add(
      () => {
        this.#areResultsDue = false;
        batch = [...this.#results];
        if (batch.length === 0) return;
        const { storedResults, ...rest } = this.#append(batch, []);
        stored = rest;
        this.#sendBeforeCommit(storedResults);
      },
      (error) => {
        this.#areResultsDue = false;
        if (error === undefined) this.#settle(batch, stored);
        else this.#failToStore(error);
      },
    );
  }

  /** Everything that waits, in a separate commit. */
  #flush(): void {
    const { clock, store } = this.#deps;
    const results = [...this.#results];
    const statusEvents = [...this.#statusEvents.all];
    const others = [...statusEvents.map(({ body }) => body), ...this.#readingEvents()];
    const lost = this.#lost.gaps;
    if (results.length + others.length + lost.length === 0) return;
    const startedAtMs = clock.monotonicMs();
    let stored: Stored;
    try {
      stored = store.commit(() => {
        for (const { withinCommit } of statusEvents) withinCommit?.();
        for (const gap of lost) store.gaps.note(gap);
        this.#markSamples();
        return this.#append(results, others);
      });
    } catch (error) {
      this.#failToStore(error);
      return;
    }
    this.#lastFlushMs = clock.monotonicMs();
    const durationMs = this.#lastFlushMs - startedAtMs;
    this.#groupMs = Math.min(MAX_GROUP_MS, Math.max(GROUP_MS, durationMs * SHARE_OF_TIME));
    this.#forgetGroup();
    this.#settle(results, stored);
  }

  #settle(results: readonly CommandFinished[], stored: Stored): void {
    this.#results.splice(0, results.length);
    for (const result of results) this.#sentBeforeCommit.delete(result);
    for (const { commandId } of results) {
      this.#deps.log.debug({ commandId, stage: STAGE.baseRecorded }, 'result stored');
    }
    this.#publish(stored);
  }

  #publish({ events, dropped }: Stored): void {
    const { log, appended } = this.#deps;
    const { readings, statusEvents } = dropped;
    if (readings + statusEvents > 0) log.warn(dropped, 'outbox full, oldest events dropped');
    if (events.length > 0) appended(events);
  }

  /** Nothing was stored and nothing is lost yet: the next try uses the same events. */
  #failToStore(error: unknown): void {
    this.#deps.log.error({ err: error }, 'events not stored, retry scheduled');
    this.#groupMs = RETRY_STORING_MS;
    this.#arm(RETRY_STORING_MS);
  }

  /**
   * Last step before a commit: the hub processes the results while the disk stores them
   * here (docs/decisions/0009). Results other than success wait until they are stored:
   * a base that dies before that may still execute the command.
   */
  #sendBeforeCommit(storedResults: ReadonlyMap<CommandFinished, StoredResult>): void {
    const { store, sendBeforeCommit } = this.#deps;
    const done = [...storedResults].filter(([{ outcome }]) => outcome === 'succeeded');
    const leaving = done.flatMap(([, { events }]) => events);
    if (leaving.length === 0 || !leaving.every((event) => store.outbox.maySendBeforeCommit(event)))
      return;
    for (const [result, as] of done) this.#sentBeforeCommit.set(result, as);
    sendBeforeCommit(leaving);
  }

  #append(
    results: readonly CommandFinished[],
    others: readonly BaseEventBody[],
  ): Stored & { readonly storedResults: ReadonlyMap<CommandFinished, StoredResult> } {
    const { clock, store } = this.#deps;
    const now = clock.nowMs();
    const storedResults = new Map(
      results.map((result) => [result, this.#appendResult(result, now)]),
    );
    const first = [...storedResults.values()].flatMap(({ events }) => events);
    const events = [...first, ...store.outbox.append(others, now)];
    const dropped = store.outbox.enforceBounds(now);
    // What was dropped at once is reported as lost, so it must not be sent either.
    const kept =
      dropped.readings + dropped.statusEvents > 0
        ? events.filter(({ seq }) => store.outbox.has(seq))
        : events;
    return { events: [...kept, ...store.reportGaps(now)], dropped, storedResults };
  }

  /** One that left already, and was not stored then, keeps its number: to the hub it is the same event. */
  #appendResult(result: CommandFinished, now: number): StoredResult {
    const { outbox, journal } = this.#deps.store;
    const sent = this.#sentBeforeCommit.get(result);
    const step = { stage: STAGE.baseRecorded, atMs: Math.round(now) };
    const data = sent?.data ?? { ...result, trace: [...result.trace, step] };
    if (sent) outbox.reappend(sent.events, now);
    const events = sent?.events ?? outbox.append([{ type: 'command.finished', data }], now);
    journal.finish(data, events[0]?.seq ?? 0);
    return { data, events };
  }

  /** Where only small batches reach the hub, a large event would wait for long. */
  get #readingsPerEvent(): number {
    const bytes = (this.#deps.eventBytes?.() ?? Infinity) - READINGS_EVENT_BYTES;
    return Math.max(1, Math.min(LIMITS.readingsPerEvent, Math.floor(bytes / READING_BYTES)));
  }

  *#readingEvents(): Generator<BaseEventBody> {
    const maxPerEvent = this.#readingsPerEvent;
    for (const { unitId, bootId, readings } of this.#readings.values()) {
      for (const some of inChunks(readings, maxPerEvent)) {
        yield { type: 'readings.recorded', data: { unitId, bootId, readings: some } };
      }
    }
  }

  /** So that after a crash exactly the unstored samples are requested from a unit. */
  #markSamples(): void {
    for (const { unitId, bootId, readings } of this.#readings.values()) {
      const last = readings.at(-1);
      if (!last) continue;
      const { seq, measuredAtMs } = last;
      this.#deps.store.units.markSample(unitId, { bootId, seq, measuredAtMs });
    }
  }

  #forgetGroup(): void {
    this.#statusEvents.clear();
    this.#readings.clear();
    this.#waitingReadings = 0;
    this.#lost.stored();
    this.#cancelGroup?.();
    this.#cancelGroup = undefined;
  }

  /** Only relevant while the disk is full; the unit with the most loses its oldest. */
  #bound(): void {
    const surplus = this.#waitingReadings - MAX_UNSTORED;
    if (surplus <= 0) return;
    const counts = new Map<UnitId, number>();
    for (const { unitId, readings } of this.#readings.values()) {
      counts.set(unitId, (counts.get(unitId) ?? 0) + readings.length);
    }
    const [greatest] = [...counts].sort(([, a], [, b]) => b - a);
    const largest = [...this.#readings].find(([, { unitId }]) => unitId === greatest?.[0]);
    if (!largest) return;
    const [key, { unitId, readings }] = largest;
    const oldest = readings.splice(0, surplus);
    if (readings.length === 0) this.#readings.delete(key);
    this.#waitingReadings -= oldest.length;
    this.#lost.add(unitId, oldest);
    this.#bound();
  }
}
