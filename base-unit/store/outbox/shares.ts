import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { EventTable, EvictionCandidate } from './event-table.ts';
import { updateOf } from './outbox-event.ts';

/**
 * Each unit's share of the droppable outbox: readings, events, and superseded states.
 * The largest share loses first, so that a unit which floods the outbox evicts only its
 * own events. The last presence and description of each unit and the state of each of
 * its updates are kept: otherwise the hub would keep an outdated one forever, and they
 * are bounded by the number of units and orders. So are declarations, without which a
 * unit's events would mean nothing to the hub, gap records, which are all that is left
 * of readings, and results.
 */
export class OutboxShares {
  readonly #table: EventTable;
  readonly #bytes = new Map<UnitId, number>();

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** From the file; also after a transaction that was undone. */
  reload(): void {
    this.#bytes.clear();
    for (const { unitId, bytes } of this.#table.shares()) this.#bytes.set(unitId, bytes);
  }

  /**
   * Call before the event is stored. @returns whether it is kept until a newer one
   * supersedes it.
   */
  admit(body: BaseEventBody, bytes: number): boolean {
    switch (body.type) {
      case 'readings.recorded':
      case 'unit.event':
        this.#add(body.data.unitId, bytes);
        return false;
      case 'unit.presence':
      case 'unit.described':
      case 'update.changed':
        this.#supersede(body.data.unitId, body);
        return true;
      case 'command.finished':
      case 'units.declared':
      case 'readings.dropped':
        return true;
      default:
        return body satisfies never;
    }
  }

  /** Deletes an event if it exists. */
  remove(seq: number): void {
    const removed = this.#table.remove(seq);
    if (!removed || removed.isKept || removed.unitId === null) return;
    this.#add(removed.unitId, -removed.bytes);
  }

  /** The next to go for want of room: those of the unit that has most, its readings first. */
  nextSurplus(): { readonly unitId: UnitId; readonly candidates: EvictionCandidate[] } | undefined {
    const unitId = this.#greatest();
    return unitId && { unitId, candidates: this.#table.candidatesOf(unitId) };
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

  #supersede(unitId: UnitId, body: BaseEventBody): void {
    const released = this.#table.releaseKept(unitId, body.type, updateOf(body));
    for (const bytes of released) this.#add(unitId, bytes);
  }

  #add(unitId: UnitId, bytes: number): void {
    const sum = (this.#bytes.get(unitId) ?? 0) + bytes;
    if (sum > 0) this.#bytes.set(unitId, sum);
    else this.#bytes.delete(unitId);
  }
}
