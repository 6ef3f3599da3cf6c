import { isFinal, mayBecome } from '#protocol/command/command-state.ts';
import type { CommandId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { expect } from 'vitest';
import type { CommandRecord } from '../../store/command-record.ts';
import { commandsOfSite } from '../../store/commands.ts';
import type { DeviceFixture, Truth } from './device-fixture.ts';

/** States that mean that a command never left for the device. */
const NOT_SENT = ['expired', 'cancelled', 'superseded'];
const NEVER_SENT: Truth = {
  ...{ writes: [], answers: new Set<never>(), words: new Set<never>(), isAcknowledged: false },
};

/** Looks at the database of the hubs again and again, and holds it against what the device had. */
export class DeviceChecker {
  readonly #fixture: DeviceFixture;
  readonly #seen = new Map<CommandId, CommandRecord>();

  constructor(fixture: DeviceFixture) {
    this.#fixture = fixture;
  }

  /** What holds at any time. */
  async expectNow(): Promise<void> {
    const rows = await this.#rows();
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#fixture.accepted) expect(ids, 'what was accepted stays').toContain(id);
    const waiting = rows.filter(({ state }) => !isFinal(state) && state !== 'timed_out');
    expect(waiting.length).toBeLessThanOrEqual(LIMITS.queuedCommandsPerUnit);
    for (const row of rows) {
      this.#expectLawful(row);
      this.#expectInTime(row);
      this.#expectTrue(row);
    }
  }

  /** Once everything has arrived, and all times are over. */
  async expectEnded(): Promise<void> {
    await this.expectNow();
    const { fixture, rows } = { fixture: this.#fixture, rows: await this.#rows() };
    for (const row of rows) {
      expect(isFinal(row.state), `${row.id} is ${row.state} for ever`).toBe(true);
      const { answers } = this.#truthOf(row);
      // What the hub has acknowledged, it has heard.
      const heard = ['succeeded', 'failed'];
      if (answers.size > 0) expect(heard, `${row.id} was answered`).toContain(row.state);
    }
    for (const { hub, answer } of fixture.waits)
      if (!hub.isDead) expect(answer, 'whoever waits is answered').toBeDefined();
    for (const hub of fixture.hubs) expect(hub.given, 'nothing is kept').toBe(0);
  }

  async #rows(): Promise<CommandRecord[]> {
    const { db, siteId } = this.#fixture;
    return await commandsOfSite(db, siteId, Number.MAX_SAFE_INTEGER);
  }

  #truthOf({ id }: CommandRecord): Truth {
    return this.#fixture.truths.get(id) ?? NEVER_SENT;
  }

  /** The trace follows the table of transitions, and an end stays as it is. */
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
    if (isFinal(row.state)) this.#fixture.ended.add(row.id);
  }

  #expectInTime(row: CommandRecord): void {
    const { writes } = this.#truthOf(row);
    for (const { atMs } of writes) {
      expect(atMs, `${row.id} left in time`).toBeLessThan(row.expiresAtMs ?? Infinity);
    }
    if (row.verb === 'invoke') expect(writes.length, 'never twice').toBeLessThanOrEqual(1);
  }

  #expectTrue(row: CommandRecord): void {
    const { writes, words, isAcknowledged } = this.#truthOf(row);
    const what = `${row.id}, ${row.verb} ${row.affordance}`;
    if (NOT_SENT.includes(row.state)) {
      expect(writes.length, `${what} is ${row.state}, and was sent`).toBe(0);
    }
    if (row.state === 'unknown') {
      const mayHave = writes.length > 0 || this.#fixture.hasDied;
      expect(mayHave, `${what} is unknown, and never left`).toBe(true);
    }
    if (row.state === 'failed') {
      if (row.code === 'device_offline') expect(writes.length, `${what} never left`).toBe(0);
      else
        expect([row.code, [...words]], what).toEqual([
          'unit_denied',
          expect.arrayContaining(['failed']),
        ]);
    }
    if (row.state === 'succeeded')
      expect(this.#isConfirmed(row, words, isAcknowledged), `${what} was confirmed`).toBe(true);
    expect(row.state).not.toBe('rejected');
  }

  /** Each affordance of the device confirms in a way of its own. */
  #isConfirmed(row: CommandRecord, words: Truth['words'], isAcknowledged: boolean): boolean {
    switch (row.affordance) {
      case 'brightness':
        return words.has('succeeded');
      case 'on':
        return this.#fixture.states.has(row.input?.or(null) === true);
      default:
        return isAcknowledged;
    }
  }
}
