import type { Database } from 'better-sqlite3';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { OutboxPlace } from '#protocol/hub-link/outbox-place.ts';
import { type Epoch, EventId, newId } from '#protocol/ids.ts';
import type { Clocks } from '../clocks.ts';
import { EventTable } from './event-table.ts';
import type { GapRecords } from './gap-records.ts';
import { type OutboxEvent, priorityOf, unitOf, updateOf } from './outbox-event.ts';
import { type Dropped, type OutboxBounds, OutboxRetention } from './retention.ts';
import { RunNumbers } from './run-numbers.ts';
import { SettledEvents } from './settled-events.ts';
import { OutboxShares } from './shares.ts';

export interface OutboxDeps {
  readonly bounds: OutboxBounds;
  readonly gaps: Pick<GapRecords, 'note'>;
  readonly clocks: Pick<Clocks, 'current' | 'ageMs'>;
}

/**
 * Events that the hub has not settled yet. Appended before they are sent, or while they
 * are being sent (docs/decisions/0009), and deleted after the hub's 2xx. A deletion
 * that a crash undoes only costs a retry, which the hub recognises; so deletions share
 * the next commit instead of having their own.
 */
export class Outbox {
  readonly #clocks: Pick<Clocks, 'current'>;
  readonly #table: EventTable;
  readonly #shares: OutboxShares;
  readonly #numbers: RunNumbers;
  readonly #settled: SettledEvents;
  readonly #retention: OutboxRetention;

  constructor(database: Database, deps: OutboxDeps) {
    this.#clocks = deps.clocks;
    this.#table = new EventTable(database);
    this.#shares = new OutboxShares(this.#table);
    this.#numbers = new RunNumbers(database);
    this.#settled = new SettledEvents(database);
    this.#retention = new OutboxRetention(database, {
      ...deps,
      table: this.#table,
      shares: this.#shares,
    });
    this.reload();
    this.committed();
  }

  /** Recounts from the file; also after a rollback. */
  reload(): void {
    for (const part of [this.#table, this.#shares, this.#numbers, this.#settled, this.#retention]) {
      part.reload();
    }
  }

  /** Changes since the last call are on disk. */
  committed(): void {
    this.#numbers.committed();
    this.#settled.committed();
  }

  /** The life of the outbox: within it a higher number is newer. */
  get epoch(): Epoch {
    return this.#numbers.epoch;
  }

  /**
   * Call inside a transaction: this base was restored from a backup, and its events
   * start a new epoch.
   */
  beginEpoch(): void {
    this.#numbers.beginEpoch();
  }

  /** With these the hub and the base recognise that the other was restored from a backup. */
  get places(): { readonly settled?: OutboxPlace; readonly earlier?: OutboxPlace } {
    const { last: settled } = this.#settled;
    const { earlier } = this.#numbers;
    return { ...(settled ? { settled } : {}), ...(earlier ? { earlier } : {}) };
  }

  /** The last event that the hub has confirmed. */
  get lastSettled(): OutboxPlace | undefined {
    return this.#settled.last;
  }

  /** Call inside a transaction: the hub compared {@link places}, and a new life has begun where it had to. */
  compared(): void {
    this.#numbers.compared();
  }

  /** Call inside a transaction: the hub lost events that it had confirmed. */
  forgetSettled(): void {
    this.#settled.forgetLast();
  }

  /** The last number that an event was given; numbers of an undone transaction are not used again. */
  get lastSeq(): number {
    return this.#numbers.last;
  }

  get depth(): { readonly events: number; readonly bytes: number } {
    // An event sent while being stored may be settled before it is in the file.
    return {
      events: Math.max(0, this.#table.events - this.#settled.events),
      bytes: Math.max(0, this.#table.bytes - this.#settled.bytes),
    };
  }

  /** Readings dropped because the outbox was full or they were too old. */
  get droppedReadings(): number {
    return this.#retention.dropped.readings;
  }

  /** Of what else happened, results excepted: those stay. */
  get droppedEvents(): number {
    return this.#retention.dropped.statusEvents;
  }

  /**
   * Call inside a transaction; the result may be sent once that is committed, or before
   * if {@link maySendBeforeCommit} allows it.
   */
  append(bodies: readonly BaseEventBody[], nowMs: number): OutboxEvent[] {
    this.deleteSettled();
    this.#numbers.begin();
    const events = bodies.map((body) => this.#append(body, nowMs));
    this.#numbers.reserve();
    return events;
  }

  #append(body: BaseEventBody, nowMs: number): OutboxEvent {
    const { run } = this.#numbers;
    const seq = this.#numbers.next();
    const json = JSON.stringify({ id: newId(EventId, nowMs), seq, ...body });
    const { type } = body;
    const priority = priorityOf(body);
    const event = { seq, run, priority, type, json, clock: this.#clocks.current };
    const isKept = this.#shares.admit(body, json.length);
    const readings = body.type === 'readings.recorded' ? body.data.readings.length : 0;
    const of = { unitId: unitOf(body), updateId: updateOf(body) };
    this.#table.put(event, { ...of, nowMs, readings, isKept });
    return event;
  }

  /** Call inside a transaction. For results that were sent before, though their storing was undone. */
  reappend(results: readonly OutboxEvent[], nowMs: number): void {
    const as = { nowMs, readings: 0, unitId: undefined, isKept: true };
    for (const result of results) this.#table.put(result, as);
  }

  /**
   * Whether an event may be sent before its commit completes: whatever happens, no
   * other event will ever have this number.
   */
  maySendBeforeCommit({ seq }: OutboxEvent): boolean {
    return this.#numbers.isDurable(seq);
  }

  /** Gives back the numbers that were set aside. Nothing may be appended after that. */
  release(): void {
    this.#numbers.release();
  }

  has(seq: number): boolean {
    return !this.#settled.has(seq) && this.#table.has(seq);
  }

  /** The next events up to `toSeq`, results first. Call inside a transaction. */
  page(...query: Parameters<EventTable['page']>): OutboxEvent[] {
    this.deleteSettled();
    return this.#table.page(...query);
  }

  /** The hub has these for good. */
  settle(events: readonly OutboxEvent[]): void {
    this.#settled.add(events);
  }

  get hasSettled(): boolean {
    return this.#settled.events > 0;
  }

  /** Call inside a transaction. @returns what had to be dropped. */
  enforceBounds(nowMs: number): Dropped {
    if (!this.#retention.isDue(nowMs)) return { readings: 0, statusEvents: 0 };
    this.deleteSettled();
    return this.#retention.enforce(nowMs);
  }

  /** Call inside a transaction. */
  deleteSettled(): void {
    this.#settled.deleteBy((seq) => {
      this.#shares.remove(seq);
    });
  }
}
