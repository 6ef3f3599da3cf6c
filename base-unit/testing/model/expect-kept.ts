import { expect } from 'vitest';
import { mayBecome } from '#protocol/command/command-state.ts';
import type { CommandFinished } from '#protocol/hub-link/base-events.ts';
import { type CommandId, commandTagOf } from '#protocol/ids.ts';
import { type BaseFixture, ORDERS } from './base-fixture.ts';

const NOT_DONE = ['expired', 'cancelled', 'superseded', 'rejected'];

/** What holds at any time. */
export function expectKept(fixture: BaseFixture): void {
  expectJournaled(fixture);
  for (const { id, affordance } of fixture.hub.issued.values()) {
    if (affordance !== ORDERS.send.affordance) continue;
    const arrivals = fixture.unit.arrivals.get(commandTagOf(id)) ?? 0;
    expect(arrivals, 'what must not be repeated is written once').toBeLessThanOrEqual(1);
  }
  const readings = fixture.hub.readings();
  expect(new Set(readings).size, 'each reading once').toBe(readings.length);
}

/** Invariants once the hub is online, the unit answers, and time has passed. */
export function expectAllReported(fixture: BaseFixture): void {
  expectKept(fixture);
  const results = fixture.hub.results();
  for (const { id, operation } of fixture.hub.issued.values()) {
    const reported = results.get(id);
    expect(reported, `${id} has an end`).toBeDefined();
    if (reported) expectTrue(fixture, { id, isRead: operation === 'readproperty', reported });
  }
  expect(new Set(fixture.hub.readings()), 'every stored reading arrived').toEqual(
    new Set(fixture.storedReadings),
  );
  expect(fixture.run.store.outbox.depth.events, 'nothing is left to send').toBe(0);
}

/** The cursor never passes a command that is not in the journal. */
function expectJournaled({ hub, run: { store } }: BaseFixture): void {
  const { epoch, lastSeq } = store.cursor.position;
  if (epoch !== hub.epoch) return;
  for (let seq = 1; seq <= lastSeq; seq += 1) {
    const entry = hub.entry(seq);
    if (entry?.type !== 'command.issued') continue;
    expect(store.journal.find(entry.data.id), `entry ${seq} is in the journal`).toBeDefined();
  }
}

function expectTrue(
  { unit, written, doubtful }: BaseFixture,
  command: {
    readonly id: CommandId;
    readonly isRead: boolean;
    readonly reported: CommandFinished[];
  },
): void {
  const { id, isRead, reported } = command;
  const tag = commandTagOf(id);
  const outcomes = reported.map(({ outcome }) => outcome);
  const end = outcomes.reduce((before, next) => (mayBecome(before, next) ? next : before));
  if (end === 'unknown' && !doubtful.has(id)) {
    expect(written, `${id}: outcome unknown, so it was written`).toContain(id);
  }
  if (isRead) return;
  if (end === 'succeeded') expect(unit.done, `${id}: the unit did it`).toContain(tag);
  // Also of results that the hub ignores, since its first end stands.
  for (const outcome of outcomes) {
    if (unit.done.has(tag)) {
      expect(['succeeded', 'unknown'], `${id}: done, reported as ${outcome}`).toContain(outcome);
    } else if (unit.unanswered.has(tag)) {
      expect(NOT_DONE, `${id}: may have happened, reported as ${outcome}`).not.toContain(outcome);
    }
  }
}
