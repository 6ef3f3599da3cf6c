import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { OutboxPlace } from '#protocol/hub-link/outbox-place.ts';
import { Epoch, EventId, newId, UnitId, type UpdateId } from '#protocol/ids.ts';
import type { GapReason } from '#protocol/reading.ts';
import type { Clocks } from './clocks.ts';
import type { GapRecords } from './gap-records.ts';
import { type EvictionCandidate, OutboxShares, unitOf, updateOf } from './outbox-shares.ts';
import { rowsOf } from './row.ts';

/** Results go first, readings last. */
export const PRIORITY = { result: 0, status: 1, readings: 2 } as const;

export interface OutboxEvent {
  readonly seq: number;
  /** The run of the base that gave the number. */
  readonly run: Epoch;
  readonly priority: number;
  /** The event as it travels. */
  readonly json: string;
  /** What its times were counted by ({@link Clocks}). */
  readonly clock: number;
}

export interface OutboxBounds {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

interface StoredAs {
  readonly type: BaseEventBody['type'];
  readonly updateId?: UpdateId | undefined;
  readonly nowMs: number;
  readonly readings: number;
  readonly unitId: UnitId | undefined;
  readonly isKept: boolean;
}

interface Counts {
  readings: number;
  statusEvents: number;
}

/** What was given up because the outbox was full or it was too old. */
export interface Dropped {
  readonly readings: number;
  readonly statusEvents: number;
}

const EventRow = z
  .object({
    seq: z.number(),
    run: Epoch,
    priority: z.number(),
    event: z.string(),
    clock: z.number(),
  })
  .transform(({ event, ...row }) => ({ ...row, json: event }));
const Totals = z.object({ events: z.number(), bytes: z.number() });
const Positions = z.object({
  outbox_epoch: Epoch,
  outbox_seq: z.number(),
  outbox_run: Epoch.nullable(),
  earlier_run: Epoch.nullable(),
  earlier_seq: z.number().nullable(),
  settled_run: Epoch.nullable(),
  settled_seq: z.number().nullable(),
  dropped_readings: z.number(),
  dropped_events: z.number(),
});
/** As much of readings as it takes to say which they were. */
const GivenUp = z.object({
  data: z.object({
    unitId: UnitId,
    readings: z.array(z.object({ measuredAtMs: z.number() })).min(1),
  }),
});

const AGE_CHECK_EVERY_MS = 60_000;

/** Numbers that are set aside on the disk at a time; a crash may leave so many unused. */
const RESERVED_SEQS = 1_000;
/** Further ones are set aside when so few are left. */
const MIN_RESERVED_SEQS = 500;

/**
 * Events that the hub has not settled yet. Appended before they are sent, or
 * while they are on their way (docs/decisions/0009), and
 * deleted after the hub's 2xx. A deletion that a crash undoes only costs a
 * repeat, which the hub recognises; so deletions ride along with the next
 * commit instead of having one of their own.
 */
export class Outbox {
  /** This run of the base: its numbers are given by no other, also where a copy is put back. */
  readonly #run = newId(Epoch);
  #epoch: Epoch;
  #isRunNamed = false;
  /** The hub was asked about the runs before this one. */
  #isCompared = false;
  /** The newest that the hub has confirmed. */
  #lastSettled: OutboxPlace | undefined;
  readonly #nameRun: Statement;
  readonly #keepEarlier: Statement;
  readonly #forgetEarlier: Statement;
  readonly #markSettled: Statement;
  readonly #moveEpoch: Statement;
  readonly #bounds: OutboxBounds;
  readonly #gaps: Pick<GapRecords, 'note'>;
  readonly #clocks: Pick<Clocks, 'current' | 'ageMs'>;
  readonly #insert: Statement;
  readonly #has: Statement;
  readonly #page: Statement;
  readonly #shares: OutboxShares;
  readonly #moveSeq: Statement;
  readonly #releaseSeqs: Statement;
  readonly #countDropped: Statement;
  /** What the hub has but the file still holds: sequence number and size. */
  readonly #settled = new Map<number, number>();
  /** Of these, what the transaction under way has deleted: settled still, should it be undone. */
  readonly #deleting = new Map<number, number>();
  readonly #positions: Statement;
  readonly #totals: Statement;
  #lastSeq = 0;
  /** Up to here the file says that numbers may have been used, once what runs now is committed. */
  #reservedTo = 0;
  /** Up to here it does so on the disk. */
  #durableTo = 0;
  #droppedReadings = 0;
  #droppedEvents = 0;
  #events = 0;
  #bytes = 0;
  #ageCheckedAtMs = 0;

  constructor(
    database: Database,
    bounds: OutboxBounds,
    deps: {
      readonly gaps: Pick<GapRecords, 'note'>;
      readonly clocks: Pick<Clocks, 'current' | 'ageMs'>;
    },
  ) {
    this.#bounds = bounds;
    this.#gaps = deps.gaps;
    this.#clocks = deps.clocks;
    this.#insert = database.prepare(
      `INSERT INTO outbox (seq, run, priority, created_at_ms, readings, event, clock, unit_id, is_kept,
         type, update_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#shares = new OutboxShares(database);
    this.#has = database.prepare('SELECT 1 FROM outbox WHERE seq = ?');
    this.#page = database.prepare(
      `SELECT seq, run, priority, event, clock FROM outbox
       WHERE priority BETWEEN ? AND ? AND seq <= ? AND length(event) <= ?
       ORDER BY priority, seq LIMIT ?`,
    );
    this.#moveSeq = database.prepare('UPDATE positions SET outbox_seq = ?');
    this.#releaseSeqs = database.prepare(
      'UPDATE positions SET outbox_seq = ? WHERE outbox_seq = ?',
    );
    this.#countDropped = database.prepare(
      'UPDATE positions SET dropped_readings = ?, dropped_events = ?',
    );
    this.#positions = database.prepare('SELECT * FROM positions');
    this.#totals = database.prepare(
      'SELECT count(*) AS events, coalesce(sum(length(event)), 0) AS bytes FROM outbox',
    );
    this.#nameRun = database.prepare('UPDATE positions SET outbox_run = ?');
    this.#keepEarlier = database.prepare(
      `UPDATE positions SET earlier_run = coalesce(outbox_run, outbox_epoch), earlier_seq = outbox_seq
       WHERE earlier_run IS NULL`,
    );
    this.#forgetEarlier = database.prepare(
      'UPDATE positions SET earlier_run = NULL, earlier_seq = NULL',
    );
    this.#markSettled = database.prepare('UPDATE positions SET settled_run = ?, settled_seq = ?');
    this.#moveEpoch = database.prepare('UPDATE positions SET outbox_epoch = ?');
    const positions = Positions.parse(this.#positions.get());
    this.#epoch = positions.outbox_epoch;
    this.#lastSeq = positions.outbox_seq;
    const { settled_run: run, settled_seq: seq } = positions;
    if (run !== null && seq !== null) this.#lastSettled = { run, seq };
    this.reload();
    this.committed();
  }

  /** Takes the counts from the file; also after a transaction that was undone. */
  reload(): void {
    const positions = Positions.parse(this.#positions.get());
    const totals = Totals.parse(this.#totals.get());
    this.#epoch = positions.outbox_epoch;
    this.#isRunNamed = positions.outbox_run === this.#run;
    this.#reservedTo = positions.outbox_seq;
    this.#droppedReadings = positions.dropped_readings;
    this.#droppedEvents = positions.dropped_events;
    this.#events = totals.events;
    this.#bytes = totals.bytes;
    this.#shares.reload();
    for (const [seq, bytes] of this.#deleting) this.#settled.set(seq, bytes);
    this.#deleting.clear();
  }

  /** The life of the outbox: within it a higher number is newer. */
  get epoch(): Epoch {
    return this.#epoch;
  }

  /** Call inside a transaction: this base was put back from a copy, and what it has counts anew. */
  beginEpoch(): void {
    this.#epoch = newId(Epoch);
    this.#moveEpoch.run(this.#epoch);
  }

  /** By these the hub and the base recognise that the other was put back from a copy. */
  get places(): { readonly settled?: OutboxPlace; readonly earlier?: OutboxPlace } {
    const { outbox_epoch, outbox_run, outbox_seq, earlier_run, earlier_seq } = Positions.parse(
      this.#positions.get(),
    );
    const stored =
      earlier_run !== null && earlier_seq !== null
        ? { run: earlier_run, seq: earlier_seq }
        : { run: outbox_run ?? outbox_epoch, seq: outbox_seq };
    return {
      ...(this.#lastSettled ? { settled: this.#lastSettled } : {}),
      ...(stored.run === this.#run ? {} : { earlier: stored }),
    };
  }

  /** The last event that the hub has confirmed. */
  get lastSettled(): OutboxPlace | undefined {
    return this.#lastSettled;
  }

  /** Call inside a transaction: the hub compared {@link places}, and a new life has begun where it had to. */
  compared(): void {
    this.#isCompared = true;
    if (Positions.parse(this.#positions.get()).earlier_run !== null) this.#forgetEarlier.run();
  }

  /** Call inside a transaction: the hub lost what it had confirmed. */
  forgetSettled(): void {
    this.#lastSettled = undefined;
    this.#markSettled.run(null, null);
  }

  /** What was done since the last time is on the disk. */
  committed(): void {
    this.#durableTo = this.#reservedTo;
    this.#deleting.clear();
  }

  /** The last number that an event was given; numbers of an undone transaction are not used again. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  get depth(): { readonly events: number; readonly bytes: number } {
    let settledBytes = 0;
    for (const size of this.#settled.values()) settledBytes += size;
    // What was sent while it was being stored may be settled before it is in the file.
    return {
      events: Math.max(0, this.#events - this.#settled.size),
      bytes: Math.max(0, this.#bytes - settledBytes),
    };
  }

  /** Readings given up because the outbox was full or they were too old. */
  get droppedReadings(): number {
    return this.#droppedReadings;
  }

  /** Of what else happened, results excepted: those stay. */
  get droppedEvents(): number {
    return this.#droppedEvents;
  }

  /**
   * Call inside a transaction; what it returns may be sent once that is
   * committed, and where {@link maySendBeforeCommit} allows it, before.
   */
  append(bodies: readonly BaseEventBody[], nowMs: number): OutboxEvent[] {
    this.deleteSettled();
    this.#ensureRun();
    const events = bodies.map((body): OutboxEvent => {
      this.#lastSeq += 1;
      const seq = this.#lastSeq;
      const json = JSON.stringify({ id: newId(EventId, nowMs), seq, ...body });
      const run = this.#run;
      const event = { seq, run, priority: priorityOf(body), json, clock: this.#clocks.current };
      const isKept = this.#shares.admit(body, json.length);
      const readings = body.type === 'readings.recorded' ? body.data.readings.length : 0;
      const { type } = body;
      const of = { type, unitId: unitOf(body), updateId: updateOf(body) };
      this.#put(event, { ...of, nowMs, readings, isKept });
      return event;
    });
    if (this.#lastSeq + MIN_RESERVED_SEQS > this.#reservedTo) {
      this.#reservedTo = this.#lastSeq + RESERVED_SEQS;
      this.#moveSeq.run(this.#reservedTo);
    }
    return events;
  }

  /** Call inside a transaction. For results that were sent before, though their storing was undone. */
  reappend(results: readonly OutboxEvent[], nowMs: number): void {
    const type = 'command.finished';
    const as = { type, nowMs, readings: 0, unitId: undefined, isKept: true } as const;
    for (const result of results) this.#put(result, as);
  }

  /**
   * Whether an event may leave before its commit is through: whatever happens
   * to that, no other event will ever have this number.
   */
  maySendBeforeCommit({ seq }: OutboxEvent): boolean {
    return seq <= this.#durableTo;
  }

  /** Gives back the numbers that were set aside. Nothing may be appended after that. */
  release(): void {
    this.#releaseSeqs.run(this.#lastSeq, this.#reservedTo);
  }

  /** With the first event: what came before it may have used all numbers that were set aside. */
  #ensureRun(): void {
    if (this.#isRunNamed) return;
    if (!this.#isCompared) this.#keepEarlier.run();
    this.#nameRun.run(this.#run);
    this.#isRunNamed = true;
  }

  #put({ seq, run, priority, json, clock }: OutboxEvent, as: StoredAs): void {
    const { type, updateId = null, nowMs, readings, unitId = null, isKept } = as;
    const createdAtMs = Math.floor(nowMs);
    const travels = [seq, run, priority, createdAtMs, readings, json, clock];
    this.#insert.run(...travels, unitId, isKept ? 1 : 0, type, updateId);
    this.#events += 1;
    this.#bytes += json.length;
  }

  has(seq: number): boolean {
    return !this.#settled.has(seq) && this.#has.get(seq) !== undefined;
  }

  /** The next events up to `toSeq`, results first. Call inside a transaction. */
  page(
    toSeq: number,
    limit: number,
    only: { readonly part?: 'results' | 'rest'; readonly maxBytes?: number } = {},
  ): OutboxEvent[] {
    this.deleteSettled();
    const { part, maxBytes = Number.MAX_SAFE_INTEGER } = only;
    const from = part === 'rest' ? PRIORITY.status : PRIORITY.result;
    const to = part === 'results' ? PRIORITY.result : PRIORITY.readings;
    return rowsOf(EventRow, this.#page, from, to, toSeq, maxBytes, limit);
  }

  /** The hub has these for good. */
  settle(events: readonly OutboxEvent[]): void {
    for (const { seq, run, json } of events) {
      this.#settled.set(seq, json.length);
      if (seq > (this.#lastSettled?.seq ?? 0)) this.#lastSettled = { run, seq };
    }
  }

  get hasSettled(): boolean {
    return this.#settled.size > 0;
  }

  /** Call inside a transaction. @returns what had to be given up. */
  enforceBounds(nowMs: number): Dropped {
    const isAgeDue = nowMs - this.#ageCheckedAtMs >= AGE_CHECK_EVERY_MS;
    if (this.#bytes <= this.#bounds.maxBytes && !isAgeDue) return { readings: 0, statusEvents: 0 };
    this.#ageCheckedAtMs = nowMs;
    this.deleteSettled();
    const dropped = { readings: 0, statusEvents: 0 };
    this.#dropOld(nowMs, dropped);
    this.#dropSurplus(dropped);
    if (dropped.readings + dropped.statusEvents > 0) {
      this.#droppedReadings += dropped.readings;
      this.#droppedEvents += dropped.statusEvents;
      this.#countDropped.run(this.#droppedReadings, this.#droppedEvents);
    }
    return dropped;
  }

  #dropOld(nowMs: number, dropped: Counts): void {
    const isOld = ({ clock, created_at_ms: atMs }: EvictionCandidate) =>
      this.#clocks.ageMs({ clock, atMs }, nowMs) > this.#bounds.maxAgeMs;
    for (;;) {
      const candidates = this.#shares.oldest();
      const old = candidates.filter(isOld);
      for (const candidate of old) this.#drop(candidate, 'outbox_age', dropped);
      if (old.length === 0 || old.length < candidates.length) return;
    }
  }

  #dropSurplus(dropped: Counts): void {
    while (this.#bytes > this.#bounds.maxBytes) {
      const surplus = this.#shares.nextSurplus();
      if (!surplus) return;
      for (const candidate of surplus.candidates) {
        this.#drop(candidate, 'outbox_full', dropped);
        if (this.#bytes <= this.#bounds.maxBytes || !this.#shares.hasLargestShare(surplus.unitId))
          break;
      }
    }
  }

  #drop(candidate: EvictionCandidate, reason: GapReason, dropped: Counts): void {
    if (candidate.readings > 0) this.#noteGap(candidate, reason);
    else dropped.statusEvents += 1;
    dropped.readings += candidate.readings;
    this.#remove(candidate.seq);
  }

  #noteGap({ event, readings: count }: EvictionCandidate, reason: GapReason): void {
    const { unitId, readings } = GivenUp.parse(JSON.parse(event)).data;
    const times = readings.map(({ measuredAtMs }) => measuredAtMs);
    const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
    this.#gaps.note({ unitId, reason, fromMs, toMs, count });
  }

  /** Call inside a transaction. */
  deleteSettled(): void {
    if (this.#settled.size === 0) return;
    for (const [seq, bytes] of this.#settled) {
      this.#remove(seq);
      this.#deleting.set(seq, bytes);
    }
    this.#settled.clear();
    const { run = null, seq = null } = this.#lastSettled ?? {};
    this.#markSettled.run(run, seq);
  }

  #remove(seq: number): void {
    const bytes = this.#shares.remove(seq);
    if (bytes === undefined) return;
    this.#events -= 1;
    this.#bytes -= bytes;
  }
}

function priorityOf(body: BaseEventBody): number {
  switch (body.type) {
    case 'command.finished':
      return PRIORITY.result;
    case 'readings.recorded':
      return PRIORITY.readings;
    case 'unit.presence':
    case 'unit.described':
    case 'unit.event':
    case 'update.changed':
    case 'units.declared':
    case 'readings.dropped':
      return PRIORITY.status;
    default:
      return body satisfies never;
  }
}
