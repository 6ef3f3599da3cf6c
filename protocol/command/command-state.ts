import { z } from 'zod';

/**
 * States of a command (docs/flows/command.md).
 *
 * queued: stored by the hub. dispatched: sent to the base, not yet confirmed. received:
 * in the base's journal. running: sent to the unit. succeeded: confirmed by the unit.
 * failed: not executed, or the unit failed. rejected: refused on the way; not executed.
 * expired: its time to live ran out first; not executed. cancelled, superseded: not
 * executed. timed_out: the hub's guess, not final. unknown: it may have been executed.
 */
export const COMMAND_STATES = [
  'queued',
  'dispatched',
  'received',
  'running',
  'succeeded',
  'failed',
  'rejected',
  'expired',
  'cancelled',
  'superseded',
  'timed_out',
  'unknown',
] as const;

export const CommandState = z.enum(COMMAND_STATES);
export type CommandState = z.infer<typeof CommandState>;

const ENDS = [
  'succeeded',
  'failed',
  'rejected',
  'expired',
  'cancelled',
  'superseded',
  'unknown',
] as const;

/** States that only a base may report as the end of a command it holds. */
export const CommandOutcome = z.enum(ENDS);
export type CommandOutcome = z.infer<typeof CommandOutcome>;

/**
 * The only transitions there are. Forward jumps exist because a later report
 * proves the earlier states: a result without an acknowledgement means that
 * the acknowledgement was lost, not that the command was.
 */
export const COMMAND_TRANSITIONS: Readonly<Record<CommandState, readonly CommandState[]>> = {
  queued: ['dispatched', 'received', 'running', 'timed_out', ...ENDS],
  dispatched: ['queued', 'received', 'running', 'timed_out', ...ENDS],
  received: ['running', 'timed_out', ...ENDS],
  running: ['timed_out', ...ENDS],
  timed_out: [...ENDS],
  unknown: ['succeeded', 'failed', 'rejected'],
  succeeded: [],
  failed: [],
  rejected: [],
  expired: [],
  cancelled: [],
  superseded: [],
};

/** Whether a command may go from one state to another. */
export function mayBecome(from: CommandState, to: CommandState): boolean {
  return nextOf(from).includes(to);
}

/** Whether nothing can follow any more. `unknown` ends the wait, yet a late result may still correct it. */
export function isFinal(state: CommandState): boolean {
  return nextOf(state).length === 0 || state === 'unknown';
}

/** A row may contain a state of a later version; nothing follows from it. */
function nextOf(state: CommandState): readonly CommandState[] {
  return Object.hasOwn(COMMAND_TRANSITIONS, state) ? COMMAND_TRANSITIONS[state] : [];
}
