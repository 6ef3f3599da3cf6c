import { type CommandState, isFinal, mayBecome } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { type Json, toInstant } from '#protocol/json.ts';
import { type CommandRow, traceOf } from '../../store/commands.ts';

/** A command without an answer counts as timed out this long after its time to live. */
export const ANSWER_GRACE_MS = 5_000;

/** One change of a command's state. */
export interface Transition {
  readonly to: CommandState;
  readonly hop: number;
  readonly atMs: number;
  readonly code?: ErrorCode | undefined;
  readonly note?: string | undefined;
  /** What the base tells of its hops, on the hub's clock. */
  readonly baseSteps?: readonly TraceStep[] | undefined;
  readonly output?: Json | undefined;
  readonly duplicate?: boolean | undefined;
}

/** The command after a transition, or undefined where the table does not allow it. */
export function applyTransition(row: CommandRow, change: Transition): CommandRow | undefined {
  if (!mayBecome(row.state, change.to)) return undefined;
  const step: TraceStep = {
    hop: change.hop,
    at: toInstant(change.atMs),
    state: change.to,
    ...(change.code === undefined ? {} : { code: change.code }),
    ...(change.note === undefined ? {} : { note: change.note }),
  };
  const before = traceOf(row);
  const steps = change.baseSteps === undefined ? before : withBaseSteps(before, change.baseSteps);
  return {
    ...row,
    state: change.to,
    // A state that is not an end has no reason that outlives it.
    code: change.code ?? null,
    output: change.output === undefined ? row.output : JSON.stringify(change.output),
    duplicate: change.duplicate === undefined ? row.duplicate : Number(change.duplicate),
    held_at: row.held_at ?? (isHeldIn(change.to) ? change.atMs : null),
    due_at: dueAt(row, change.to),
    ended_at: isFinal(change.to) ? change.atMs : null,
    trace: JSON.stringify([...steps, step]),
  };
}

/** States that only a base which has the command can bring it to. */
function isHeldIn(state: CommandState): boolean {
  return state === 'received' || state === 'running';
}

/** When the sweeper has to look at a command in this state. */
export function dueAt(row: Pick<CommandRow, 'expires_at'>, state: CommandState): number | null {
  if (row.expires_at === null || isFinal(state) || state === 'timed_out') return null;
  return state === 'queued' ? row.expires_at : row.expires_at + ANSWER_GRACE_MS;
}

/** Hops 5 to 12 are the base's own to tell: its account replaces what was heard on the way. */
function withBaseSteps(before: readonly TraceStep[], told: readonly TraceStep[]): TraceStep[] {
  if (told.length === 0) return [...before];
  const ours = before.filter((step) => step.hop < 5 || step.hop > 12 || step.state === 'timed_out');
  return [...ours, ...withStates(told)];
}

/** The first step at the base means received, the first at the unit's session running. */
function withStates(told: readonly TraceStep[]): TraceStep[] {
  const received = told.findIndex((step) => step.hop >= 5);
  const running = told.findIndex((step) => step.hop >= 7 && step.hop <= 11);
  return told.map((step, index) => {
    if (index === running) return { ...step, state: 'running' };
    return index === received ? { ...step, state: 'received' } : step;
  });
}
