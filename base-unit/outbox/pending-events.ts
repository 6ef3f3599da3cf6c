import type { BaseEventBody } from '#protocol/hub-link/base-events.ts';
import { unitOf } from '../store/outbox/outbox-event.ts';

export interface PendingEvent {
  readonly body: BaseEventBody;
  /** Written in the same commit. */
  readonly withinCommit: (() => void) | undefined;
}

/** More than this are not kept in memory. */
const MAX_WAITING = 5_000;

/**
 * Events that are not stored yet. Many accumulate only while the disk is full; then the
 * oldest of the unit with the most are dropped, by the rules of the outbox ({@link
 * OutboxShares}).
 */
export class PendingEvents {
  #list: PendingEvent[] = [];
  #evicted = 0;

  get all(): readonly PendingEvent[] {
    return this.#list;
  }

  /** Dropped since the start. */
  get evicted(): number {
    return this.#evicted;
  }

  add(pending: PendingEvent): void {
    this.#list.push(pending);
    if (this.#list.length > MAX_WAITING) this.#evict();
  }

  /** They are on the disk. */
  clear(): void {
    this.#list.length = 0;
  }

  #evict(): void {
    const [largest] = [...candidatesByUnit(this.#list).values()].sort(
      (a, b) => b.length - a.length,
    );
    const oldest = largest?.at(-1);
    // The rest is always kept: it is bounded by the number of units, updates and gaps.
    if (oldest === undefined) return;
    this.#list.splice(oldest, 1);
    this.#evicted += 1;
  }
}

/** Where in the list they are that may go, newest first. */
function candidatesByUnit(list: readonly PendingEvent[]): Map<string, number[]> {
  const seen = new Set<string>();
  const candidates = new Map<string, number[]>();
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const body = list[index]?.body;
    if (!body || body.type === 'readings.dropped') continue;
    const unitId = unitOf(body);
    if (unitId === undefined) continue;
    const state = stateOf(body);
    const isLast = state !== undefined && !seen.has(state);
    if (state !== undefined) seen.add(state);
    if (isLast) continue;
    const own = candidates.get(unitId) ?? [];
    own.push(index);
    candidates.set(unitId, own);
  }
  return candidates;
}

/** Of which only the last counts; undefined: each counts for itself. */
function stateOf({ type, data }: BaseEventBody): string | undefined {
  switch (type) {
    case 'unit.presence':
    case 'unit.described':
      return `${type} ${data.unitId}`;
    case 'update.changed':
      return `${type} ${data.unitId} ${data.updateId}`;
    default:
      return undefined;
  }
}
