import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { UnitId } from '#protocol/ids.ts';
import type { GapReason } from '#protocol/reading.ts';
import type { Clocks } from '../clocks.ts';
import type { EventTable, EvictionCandidate } from './event-table.ts';
import type { GapRecords } from './gap-records.ts';
import type { OutboxShares } from './shares.ts';

export interface OutboxBounds {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Events dropped because the outbox was full or they were too old. */
export interface Dropped {
  readonly readings: number;
  readonly statusEvents: number;
}

interface Counts {
  readings: number;
  statusEvents: number;
}

export interface RetentionDeps {
  readonly bounds: OutboxBounds;
  readonly table: EventTable;
  readonly shares: OutboxShares;
  readonly gaps: Pick<GapRecords, 'note'>;
  readonly clocks: Pick<Clocks, 'ageMs'>;
}

const CountsRow = z
  .object({ dropped_readings: z.number(), dropped_events: z.number() })
  .transform((row) => ({ readings: row.dropped_readings, statusEvents: row.dropped_events }));

/** The parts of readings that identify them. */
const GivenUp = z.object({
  data: z.object({
    unitId: UnitId,
    readings: z.array(z.object({ measuredAtMs: z.number() })).min(1),
  }),
});

const AGE_CHECK_EVERY_MS = 60_000;
const NOTHING: Dropped = { readings: 0, statusEvents: 0 };

/** Drops events when the outbox is full or they are too old, and counts them. */
export class OutboxRetention {
  readonly #deps: RetentionDeps;
  readonly #counts: Statement;
  readonly #putCounts: Statement;
  #dropped = NOTHING;
  #ageCheckedAtMs = 0;

  constructor(database: Database, deps: RetentionDeps) {
    this.#deps = deps;
    this.#counts = database.prepare('SELECT dropped_readings, dropped_events FROM positions');
    this.#putCounts = database.prepare(
      'UPDATE positions SET dropped_readings = ?, dropped_events = ?',
    );
  }

  /** From the file; also after a transaction that was undone. */
  reload(): void {
    this.#dropped = CountsRow.parse(this.#counts.get());
  }

  /** In all. Results are not among it: those stay. */
  get dropped(): Dropped {
    return this.#dropped;
  }

  /** Whether to look, which costs a little. */
  isDue(nowMs: number): boolean {
    const isAgeDue = nowMs - this.#ageCheckedAtMs >= AGE_CHECK_EVERY_MS;
    return isAgeDue || this.#isFull();
  }

  /** Call inside a transaction. @returns what had to be dropped. */
  enforce(nowMs: number): Dropped {
    this.#ageCheckedAtMs = nowMs;
    const dropped = { ...NOTHING };
    this.#dropOld(nowMs, dropped);
    this.#dropSurplus(dropped);
    if (dropped.readings + dropped.statusEvents > 0) {
      const { readings, statusEvents } = this.#dropped;
      this.#dropped = {
        readings: readings + dropped.readings,
        statusEvents: statusEvents + dropped.statusEvents,
      };
      this.#putCounts.run(this.#dropped.readings, this.#dropped.statusEvents);
    }
    return dropped;
  }

  #isFull(): boolean {
    return this.#deps.table.bytes > this.#deps.bounds.maxBytes;
  }

  #dropOld(nowMs: number, dropped: Counts): void {
    const { bounds, clocks, table } = this.#deps;
    const isOld = ({ clock, createdAtMs: atMs }: EvictionCandidate) =>
      clocks.ageMs({ clock, atMs }, nowMs) > bounds.maxAgeMs;
    for (;;) {
      const candidates = table.oldest();
      const old = candidates.filter(isOld);
      for (const candidate of old) this.#drop(candidate, 'outbox_age', dropped);
      if (old.length === 0 || old.length < candidates.length) return;
    }
  }

  #dropSurplus(dropped: Counts): void {
    const { shares } = this.#deps;
    while (this.#isFull()) {
      const surplus = shares.nextSurplus();
      if (!surplus) return;
      for (const candidate of surplus.candidates) {
        this.#drop(candidate, 'outbox_full', dropped);
        if (!this.#isFull() || !shares.hasLargestShare(surplus.unitId)) break;
      }
    }
  }

  #drop(candidate: EvictionCandidate, reason: GapReason, dropped: Counts): void {
    if (candidate.readings > 0) this.#noteGap(candidate, reason);
    else dropped.statusEvents += 1;
    dropped.readings += candidate.readings;
    this.#deps.shares.remove(candidate.seq);
  }

  #noteGap({ json, readings: count }: EvictionCandidate, reason: GapReason): void {
    const { unitId, readings } = GivenUp.parse(JSON.parse(json)).data;
    const times = readings.map(({ measuredAtMs }) => measuredAtMs);
    const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
    this.#deps.gaps.note({ unitId, reason, fromMs, toMs, count });
  }
}
