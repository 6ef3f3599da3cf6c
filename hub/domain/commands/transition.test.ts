import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { COMMAND_STATES, COMMAND_TRANSITIONS, isFinal } from '#protocol/command/command-state.ts';
import { BaseId, CommandId, SiteId, UnitId, newId } from '#protocol/ids.ts';
import type { CommandRecord } from '../../store/command-record.ts';
import { applyTransition } from './transition.ts';

function command(change: Partial<CommandRecord> = {}): CommandRecord {
  return {
    id: newId(CommandId),
    unitKey: 1,
    unitId: newId(UnitId),
    baseId: newId(BaseId),
    siteId: newId(SiteId),
    verb: 'invoke',
    operation: 'invokeaction',
    affordance: 'reset',
    input: null,
    transitionMs: null,
    seq: 1,
    state: 'queued',
    code: null,
    output: null,
    duplicate: null,
    issuedBy: 'user:1',
    createdAtMs: 0,
    expiresAtMs: 10_000,
    dueAtMs: 10_000,
    endedAtMs: null,
    cancelRequestedAtMs: null,
    heldAtMs: null,
    requestHash: '',
    trace: [],
    ...change,
  };
}

it('whatever is reported in whatever order, a command follows the table and keeps its trace', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...COMMAND_STATES), { maxLength: 12 }), (reports) => {
      let row = command();
      let moves = 0;
      for (const [index, to] of reports.entries()) {
        const before = row.state;
        const moved = applyTransition(row, { to, stage: STAGE.outOfBand, atMs: index });
        expect(moved !== undefined).toBe(COMMAND_TRANSITIONS[before].includes(to));
        if (!moved) continue;
        moves += 1;
        row = moved;
        expect(row.endedAtMs !== null).toBe(isFinal(row.state));
        expect(row.dueAtMs !== null).toBe(!isFinal(row.state) && row.state !== 'timed_out');
      }
      expect(row.trace).toHaveLength(moves);
    }),
  );
});

it("replaces progress reports by the base's own account", () => {
  const heard = applyTransition(command({ state: 'dispatched' }), {
    to: 'received',
    stage: STAGE.baseJournalled,
    atMs: 1,
  });
  const ended = applyTransition(heard ?? command(), {
    to: 'failed',
    stage: STAGE.hubRecorded,
    atMs: 9,
    code: 'unit_timeout',
    baseSteps: [STAGE.baseJournalled, STAGE.baseDequeued, STAGE.baseMatched].map(
      (stage, index) => ({
        stage,
        at: new Date(index).toISOString(),
      }),
    ),
  });
  expect((ended ?? command()).trace.map(({ stage, state }) => [stage, state])).toEqual([
    [STAGE.baseJournalled, 'received'],
    [STAGE.baseDequeued, 'running'],
    [STAGE.baseMatched, undefined],
    [STAGE.hubRecorded, 'failed'],
  ]);
});
