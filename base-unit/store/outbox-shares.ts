import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { UnitId, type UpdateId } from '#protocol/ids.ts';
import { rowOf, rowsOf } from './row.ts';

/** An event that may be given up. */
const EvictionCandidate = z.object({
  seq: z.number(),
  readings: z.number(),
  clock: z.number(),
  created_at_ms: z.number(),
  bytes: z.number(),
  event: z.string(),
});
export type EvictionCandidate = z.infer<typeof EvictionCandidate>;

const Removed = z.object({
  unit_id: UnitId.nullable(),
  is_kept: z.literal([0, 1]),
  bytes: z.number(),
});
const Share = z.object({ unit_id: UnitId, bytes: z.number() });
const Superseded = z.object({ bytes: z.number() });

/** Events looked at together; between them it is seen whose turn it is. */
const CANDIDATES_AT_ONCE = 10;
const COLUMNS = 'seq, readings, clock, created_at_ms, length(event) AS bytes, event';

/** Whose an event is; undefined: nobody's, and it is never given up. */
export function unitOf({ type, data }: BaseEventBody): UnitId | undefined {
  switch (type) {
    case 'readings.recorded':
    case 'readings.dropped':
    case 'unit.event':
    case 'unit.presence':
    case 'unit.described':
    case 'update.changed':
      return data.unitId;
    case 'command.finished':
    case 'units.declared':
      return undefined;
    default:
      return type satisfies never;
  }
}

/** Which order an event is about, where a newer one of the same order overtakes it. */
export function updateOf(body: BaseEventBody): UpdateId | undefined {
  return body.type === 'update.changed' ? body.data.updateId : undefined;
}

/**
 * Who has how much of the outbox that may be given up: readings, what happened,
 * and states that a newer one has overtaken. Whoever has most loses first, so
 * that a unit which floods the outbox pushes out nothing but its own. The last
 * presence and description of each unit stay, and what became of each of its
 * updates: the hub would believe the one before for good, and they are no more
 * than there are units and orders. So do declarations, without which a unit's
 * events would mean nothing to the hub, gap records, which are all that is left
 * of readings, and results.
 */
export class OutboxShares {
  readonly #supersede: Statement;
  readonly #remove: Statement;
  readonly #ofUnit: Statement;
  readonly #oldest: Statement;
  readonly #sums: Statement;
  readonly #bytes = new Map<UnitId, number>();

  constructor(database: Database) {
    this.#supersede = database.prepare(
      `UPDATE outbox SET is_kept = 0 WHERE unit_id = ? AND is_kept = 1
         AND type = ? AND update_id IS ?
       RETURNING length(event) AS bytes`,
    );
    this.#remove = database.prepare(
      'DELETE FROM outbox WHERE seq = ? RETURNING unit_id, is_kept, length(event) AS bytes',
    );
    this.#ofUnit = database.prepare(
      `SELECT ${COLUMNS} FROM outbox WHERE unit_id = ? AND is_kept = 0
       ORDER BY priority DESC, seq LIMIT ${CANDIDATES_AT_ONCE}`,
    );
    this.#oldest = database.prepare(
      `SELECT ${COLUMNS} FROM outbox WHERE is_kept = 0 ORDER BY seq LIMIT ${CANDIDATES_AT_ONCE}`,
    );
    this.#sums = database.prepare(
      `SELECT unit_id, sum(length(event)) AS bytes FROM outbox
       WHERE is_kept = 0 AND unit_id IS NOT NULL GROUP BY unit_id`,
    );
  }

  /** From the file; also after a transaction that was undone. */
  reload(): void {
    this.#bytes.clear();
    for (const { unit_id, bytes } of rowsOf(Share, this.#sums)) this.#bytes.set(unit_id, bytes);
  }

  /** Call before the event is stored. @returns whether it is kept whatever happens, until a newer one comes. */
  admit(body: BaseEventBody, bytes: number): boolean {
    switch (body.type) {
      case 'readings.recorded':
      case 'unit.event':
        this.#add(body.data.unitId, bytes);
        return false;
      case 'unit.presence':
      case 'unit.described':
      case 'update.changed':
        this.#overtake(body.data.unitId, body.type, updateOf(body));
        return true;
      case 'command.finished':
      case 'units.declared':
      case 'readings.dropped':
        return true;
      default:
        return body satisfies never;
    }
  }

  /** Deletes an event. @returns how long it was; undefined when it is not there. */
  remove(seq: number): number | undefined {
    const row = rowOf(Removed, this.#remove.get(seq));
    if (row?.is_kept === 0 && row.unit_id !== null) this.#add(row.unit_id, -row.bytes);
    return row?.bytes;
  }

  /** The oldest of all, so that those go which are too old. */
  oldest(): EvictionCandidate[] {
    return rowsOf(EvictionCandidate, this.#oldest);
  }

  /** The next to go for want of room: those of the unit that has most, its readings first. */
  nextSurplus(): { readonly unitId: UnitId; readonly candidates: EvictionCandidate[] } | undefined {
    const unitId = this.#greatest();
    return unitId && { unitId, candidates: rowsOf(EvictionCandidate, this.#ofUnit, unitId) };
  }

  /** Whether no other unit has more than this one. */
  hasLargestShare(unitId: UnitId): boolean {
    const own = this.#bytes.get(unitId) ?? 0;
    for (const bytes of this.#bytes.values()) if (bytes > own) return false;
    return own > 0;
  }

  #greatest(): UnitId | undefined {
    let greatest: UnitId | undefined;
    let largest = 0;
    for (const [unitId, bytes] of this.#bytes) {
      if (bytes <= largest) continue;
      greatest = unitId;
      largest = bytes;
    }
    return greatest;
  }

  #overtake(unitId: UnitId, type: BaseEventBody['type'], updateId: UpdateId | null = null): void {
    for (const { bytes } of rowsOf(Superseded, this.#supersede, unitId, type, updateId)) {
      this.#add(unitId, bytes);
    }
  }

  #add(unitId: UnitId, bytes: number): void {
    const sum = (this.#bytes.get(unitId) ?? 0) + bytes;
    if (sum > 0) this.#bytes.set(unitId, sum);
    else this.#bytes.delete(unitId);
  }
}
