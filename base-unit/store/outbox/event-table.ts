import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { Epoch, UnitId, type UpdateId } from '#protocol/ids.ts';
import { rowOf, rowsOf } from '../row.ts';
import { type OutboxEvent, PRIORITY } from './outbox-event.ts';

/** Local columns of an event. */
export interface StoredAs {
  readonly updateId?: UpdateId | undefined;
  readonly nowMs: number;
  readonly readings: number;
  readonly unitId: UnitId | undefined;
  /** Never dropped, until a newer one of its kind supersedes it. */
  readonly isKept: boolean;
}

/** An event that may be dropped. */
const EvictionCandidate = z
  .object({
    seq: z.number(),
    readings: z.number(),
    clock: z.number(),
    created_at_ms: z.number(),
    event: z.string(),
  })
  .transform(({ created_at_ms: createdAtMs, event: json, ...row }) => ({
    ...row,
    createdAtMs,
    json,
  }));
export type EvictionCandidate = z.infer<typeof EvictionCandidate>;

const EventRow = z
  .object({
    seq: z.number(),
    run: Epoch,
    priority: z.number(),
    type: z.string(),
    event: z.string(),
    clock: z.number(),
  })
  .transform(({ event: json, ...row }) => ({ ...row, json }));

const RemovedRow = z
  .object({ unit_id: UnitId.nullable(), is_kept: z.literal([0, 1]), bytes: z.number() })
  .transform((row) => ({ unitId: row.unit_id, isKept: row.is_kept === 1, bytes: row.bytes }));
type Removed = z.infer<typeof RemovedRow>;

const ShareRow = z
  .object({ unit_id: UnitId, bytes: z.number() })
  .transform(({ unit_id: unitId, bytes }) => ({ unitId, bytes }));
type Share = z.infer<typeof ShareRow>;

const BytesRow = z.object({ bytes: z.number() });
const TotalsRow = z.object({ events: z.number(), bytes: z.number() });

/** Events examined together; in between the largest owner is determined again. */
const CANDIDATES_AT_ONCE = 10;
const CANDIDATE = 'seq, readings, clock, created_at_ms, event';

/** The events that the file holds, and how many bytes of them there are. */
export class EventTable {
  readonly #insert: Statement;
  readonly #has: Statement;
  readonly #page: Statement;
  readonly #remove: Statement;
  readonly #release: Statement;
  readonly #oldest: Statement;
  readonly #ofUnit: Statement;
  readonly #shares: Statement;
  readonly #totals: Statement;
  #events = 0;
  #bytes = 0;

  constructor(database: Database) {
    this.#insert = database.prepare(
      `INSERT INTO outbox (seq, run, priority, created_at_ms, readings, event, clock, unit_id, is_kept,
         type, update_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#has = database.prepare('SELECT 1 FROM outbox WHERE seq = ?');
    this.#page = database.prepare(
      `SELECT seq, run, priority, type, event, clock FROM outbox
       WHERE priority BETWEEN ? AND ? AND seq <= ? AND length(event) <= ?
       ORDER BY priority, seq LIMIT ?`,
    );
    this.#remove = database.prepare(
      'DELETE FROM outbox WHERE seq = ? RETURNING unit_id, is_kept, length(event) AS bytes',
    );
    this.#release = database.prepare(
      `UPDATE outbox SET is_kept = 0 WHERE unit_id = ? AND is_kept = 1
         AND type = ? AND update_id IS ?
       RETURNING length(event) AS bytes`,
    );
    this.#oldest = database.prepare(
      `SELECT ${CANDIDATE} FROM outbox WHERE is_kept = 0 ORDER BY seq LIMIT ${CANDIDATES_AT_ONCE}`,
    );
    this.#ofUnit = database.prepare(
      `SELECT ${CANDIDATE} FROM outbox WHERE unit_id = ? AND is_kept = 0
       ORDER BY priority DESC, seq LIMIT ${CANDIDATES_AT_ONCE}`,
    );
    this.#shares = database.prepare(
      `SELECT unit_id, sum(length(event)) AS bytes FROM outbox
       WHERE is_kept = 0 AND unit_id IS NOT NULL GROUP BY unit_id`,
    );
    this.#totals = database.prepare(
      'SELECT count(*) AS events, coalesce(sum(length(event)), 0) AS bytes FROM outbox',
    );
  }

  /** Recounts from the file; also after a rollback. */
  reload(): void {
    const totals = TotalsRow.parse(this.#totals.get());
    this.#events = totals.events;
    this.#bytes = totals.bytes;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put({ seq, run, priority, type, json, clock }: OutboxEvent, as: StoredAs): void {
    const { updateId = null, nowMs, readings, unitId = null, isKept } = as;
    const createdAtMs = Math.floor(nowMs);
    const travels = [seq, run, priority, createdAtMs, readings, json, clock];
    this.#insert.run(...travels, unitId, isKept ? 1 : 0, type, updateId);
    this.#events += 1;
    this.#bytes += json.length;
  }

  has(seq: number): boolean {
    return this.#has.get(seq) !== undefined;
  }

  /** The next events up to `toSeq`, results first. */
  page(
    toSeq: number,
    limit: number,
    only: { readonly part?: 'results' | 'rest'; readonly maxBytes?: number } = {},
  ): OutboxEvent[] {
    const { part, maxBytes = Number.MAX_SAFE_INTEGER } = only;
    const from = part === 'rest' ? PRIORITY.status : PRIORITY.result;
    const to = part === 'results' ? PRIORITY.result : PRIORITY.readings;
    return rowsOf(EventRow, this.#page, from, to, toSeq, maxBytes, limit);
  }

  /** @returns what was removed; undefined if it does not exist. */
  remove(seq: number): Removed | undefined {
    const removed = rowOf(RemovedRow, this.#remove.get(seq));
    if (!removed) return undefined;
    this.#events -= 1;
    this.#bytes -= removed.bytes;
    return removed;
  }

  /** The unit's kept event of this kind may be dropped now. @returns the sizes. */
  releaseKept(
    unitId: UnitId,
    type: BaseEventBody['type'],
    updateId: UpdateId | undefined,
  ): number[] {
    const rows = rowsOf(BytesRow, this.#release, unitId, type, updateId ?? null);
    return rows.map(({ bytes }) => bytes);
  }

  /** The oldest that may be dropped. */
  oldest(): EvictionCandidate[] {
    return rowsOf(EvictionCandidate, this.#oldest);
  }

  /** The next of a unit that may be dropped, readings first. */
  candidatesOf(unitId: UnitId): EvictionCandidate[] {
    return rowsOf(EvictionCandidate, this.#ofUnit, unitId);
  }

  /** How much of each unit may be dropped. */
  shares(): Share[] {
    return rowsOf(ShareRow, this.#shares);
  }
}
