import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { COMMAND_STATES, COMMAND_TRANSITIONS, isFinal } from '#protocol/command/command-state.ts';
import { BaseId, CommandId, SiteId, UnitId, newId } from '#protocol/ids.ts';
import { type CommandRow, traceOf } from '../../store/commands.ts';
import { applyTransition } from './transition.ts';

function command(change: Partial<CommandRow> = {}): CommandRow {
  return {
    id: newId(CommandId),
    unit_key: 1,
    unit_id: newId(UnitId),
    base_id: newId(BaseId),
    site_id: newId(SiteId),
    verb: 'invoke',
    operation: 'invokeaction',
    affordance: 'reset',
    input: null,
    transition_ms: null,
    seq: 1,
    state: 'queued',
    code: null,
    output: null,
    duplicate: null,
    issued_by: 'user:1',
    created_at: 0,
    expires_at: 10_000,
    due_at: 10_000,
    ended_at: null,
    cancel_requested_at: null,
    held_at: null,
    request_hash: '',
    trace: '[]',
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
        const moved = applyTransition(row, { to, hop: 0, atMs: index });
        expect(moved !== undefined).toBe(COMMAND_TRANSITIONS[before].includes(to));
        if (!moved) continue;
        moves += 1;
        row = moved;
        expect(row.ended_at !== null).toBe(isFinal(row.state));
        expect(row.due_at !== null).toBe(!isFinal(row.state) && row.state !== 'timed_out');
      }
      expect(traceOf(row)).toHaveLength(moves);
    }),
  );
});

it("replaces what was heard on the way by the base's own account", () => {
  const heard = applyTransition(command({ state: 'dispatched' }), {
    to: 'received',
    hop: 5,
    atMs: 1,
  });
  const ended = applyTransition(heard ?? command(), {
    to: 'failed',
    hop: 14,
    atMs: 9,
    code: 'unit_timeout',
    baseSteps: [5, 7, 11].map((hop) => ({ hop, at: new Date(hop).toISOString() })),
  });
  expect(traceOf(ended ?? command()).map(({ hop, state }) => [hop, state])).toEqual([
    [5, 'received'],
    [7, 'running'],
    [11, undefined],
    [14, 'failed'],
  ]);
});
