import { expect } from 'vitest';
import { isFinal, mayBecome } from '#protocol/command/command-state.ts';
import type { CommandId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { logState } from '../../store/base-log.ts';
import { commandsOfSite } from '../../store/commands.ts';
import type { CommandRecord } from '../../store/command-record.ts';
import type { DeliveryFixture } from './delivery-fixture.ts';

/** States that mean that a command was not executed. */
const NOT_HAPPENED = ['expired', 'cancelled', 'superseded', 'failed', 'rejected'];

/** Looks at the hub's store again and again, and holds it against what the base did. */
export class InvariantChecker {
  readonly #fixture: DeliveryFixture;
  /** The observed states of each command; those of a killed run may be rolled back. */
  readonly #seen = new Map<CommandId, CommandRecord>();

  constructor(fixture: DeliveryFixture) {
    this.#fixture = fixture;
  }

  /** What holds at any time. */
  async expectNow(): Promise<void> {
    const rows = await this.#rows();
    this.#expectAllThere(rows);
    this.#expectQueuesBounded(rows);
    const log = await logState(this.#fixture.hub.db, this.#fixture.baseId);
    for (const row of rows) {
      this.#expectLawful(row);
      this.#expectTrue(row);
      if (log) this.#expectReachable(row, log);
    }
    this.#expectEventsOnce();
  }

  /** Invariants once everything has arrived, been executed and reported. */
  async expectEnded(): Promise<void> {
    await this.expectNow();
    for (const row of await this.#rows()) {
      const held = this.#fixture.base.held.get(row.id);
      if (this.#fixture.disowned.has(row.id)) continue;
      if (held?.reported !== undefined && held.isWritten)
        expect(row.state, row.id).toBe(held.reported);
      else if (row.state !== 'timed_out') expect(NOT_HAPPENED, row.id).toContain(row.state);
      // A guess stays only where the base cannot know the command either.
      if (held) expect(isFinal(row.state), `${row.id} is ${row.state}`).toBe(true);
    }
    for (const wait of this.#fixture.waits) {
      expect(wait.answer, 'whoever waits is answered').toBeDefined();
    }
    const reported = this.#fixture.base.events.filter(({ body }) => body.type === 'unit.event');
    expect(this.#fixture.published().length).toBeLessThanOrEqual(reported.length);
  }

  async #rows(): Promise<CommandRecord[]> {
    const { hub, siteId } = this.#fixture;
    return await commandsOfSite(hub.db, siteId, Number.MAX_SAFE_INTEGER);
  }

  #expectAllThere(rows: readonly CommandRecord[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#fixture.accepted) expect(ids, 'what was accepted stays').toContain(id);
    for (const id of this.#fixture.base.held.keys()) {
      expect(ids, 'what a base was given is stored').toContain(id);
    }
  }

  #expectQueuesBounded(rows: readonly CommandRecord[]): void {
    const waiting = new Map<number, number>();
    for (const { unitKey: unit, state } of rows) {
      if (isFinal(state) || state === 'timed_out') continue;
      waiting.set(unit, (waiting.get(unit) ?? 0) + 1);
    }
    for (const count of waiting.values()) {
      expect(count).toBeLessThanOrEqual(LIMITS.queuedCommandsPerUnit);
    }
  }

  /** The trace follows the table of transitions, and never goes back. */
  #expectLawful(row: CommandRecord): void {
    const states = row.trace.flatMap(({ state }) => state ?? []);
    expect(states.at(-1), 'the trace ends in the state').toBe(row.state);
    expect(row.endedAtMs !== null).toBe(isFinal(row.state));
    const before = this.#seen.get(row.id);
    if (before && isFinal(before.state) && before.state !== row.state) {
      expect(before.state).toBe('unknown');
      expect(mayBecome(before.state, row.state)).toBe(true);
    }
    this.#seen.set(row.id, row);
  }

  #expectTrue(row: CommandRecord): void {
    const { base, disowned } = this.#fixture;
    const held = base.held.get(row.id);
    if (disowned.has(row.id)) return;
    const states = row.trace.map(({ state }) => state);
    if (states.includes('received')) expect(held, 'received means: the base has it').toBeDefined();
    if (held?.isWritten === true) {
      const word = held.reported === row.state || row.state === 'unknown';
      const isClaim = NOT_HAPPENED.includes(row.state) || row.state === 'succeeded';
      expect(!isClaim || word, `reported ${held.reported}, the hub says ${row.state}`).toBe(true);
    } else {
      expect(['succeeded', 'unknown'], 'nobody did it').not.toContain(row.state);
    }
  }

  /** A command that is open is still to come to the base, or the base has it. */
  #expectReachable(
    row: CommandRecord,
    log: { readonly epoch: string; readonly headSeq: number },
  ): void {
    const { base } = this.#fixture;
    if (isFinal(row.state) || row.state === 'timed_out' || base.held.has(row.id)) return;
    expect(row.seq).not.toBeNull();
    expect(row.seq).toBeLessThanOrEqual(log.headSeq);
    const { epoch, lastSeq } = base.cursor;
    const isLate = row.expiresAtMs !== null && row.expiresAtMs <= this.#fixture.nowMs;
    if (epoch !== log.epoch || isLate) return;
    expect(row.seq, `${row.id} is ${row.state}, and behind the cursor`).toBeGreaterThan(lastSeq);
  }

  #expectEventsOnce(): void {
    const published = this.#fixture.published();
    expect(new Set(published).size, 'each event once').toBe(published.length);
  }
}
