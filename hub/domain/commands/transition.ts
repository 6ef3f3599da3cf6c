import {
  type CommandStage,
  isStageWithin,
  STAGE,
  stageNumber,
} from '#protocol/command/command-stage.ts';
import { type CommandState, isFinal, mayBecome } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { type Json, toInstant } from '#protocol/json.ts';
import type { CommandRecord } from '../../store/command-record.ts';
import { StoredJson } from '../../store/stored-json.ts';

/** A command without an answer counts as timed out this long after its time to live. */
export const ANSWER_GRACE_MS = 5_000;

/** One change of a command's state. */
export interface Transition {
  readonly to: CommandState;
  readonly stage: CommandStage;
  readonly atMs: number;
  readonly code?: ErrorCode | undefined;
  readonly note?: string | undefined;
  /** The base's own steps, on the hub's clock. */
  readonly baseSteps?: readonly TraceStep[] | undefined;
  readonly output?: Json | undefined;
  readonly duplicate?: boolean | undefined;
  /** It was sent to a unit, and comes back without its end. */
  readonly mayBeDone?: boolean | undefined;
}

/** The command after a transition, or undefined where the table does not allow it. */
export function applyTransition(
  command: CommandRecord,
  change: Transition,
): CommandRecord | undefined {
  if (!mayBecome(command.state, change.to)) return undefined;
  const step: TraceStep = {
    stage: change.stage,
    at: toInstant(change.atMs),
    state: change.to,
    ...(change.code === undefined ? {} : { code: change.code }),
    ...(change.note === undefined ? {} : { note: change.note }),
  };
  const before = command.trace;
  const steps = change.baseSteps === undefined ? before : withBaseSteps(before, change.baseSteps);
  return {
    ...command,
    state: change.to,
    // A state that is not an end has no reason that outlives it.
    code: change.code ?? null,
    output: change.output === undefined ? command.output : StoredJson.of(change.output),
    duplicate: change.duplicate ?? command.duplicate,
    heldAtMs: command.heldAtMs ?? (mayBeDoneBy(change) ? change.atMs : null),
    dueAtMs: dueAt(command, change.to),
    endedAtMs: isFinal(change.to) ? change.atMs : null,
    trace: [...steps, step],
  };
}

/** States that only a base which has the command can bring it to; and what was sent to a device. */
function mayBeDoneBy({ to, mayBeDone = false }: Transition): boolean {
  return mayBeDone || to === 'received' || to === 'running';
}

/** The end of a command that waits, and is not sent: unless it was sent before. */
export function endUnsent(
  { heldAtMs }: Pick<CommandRecord, 'heldAtMs'>,
  end: 'cancelled' | 'expired' | 'superseded',
): Pick<Transition, 'to' | 'code'> {
  return heldAtMs === null ? { to: end, code: end } : { to: 'unknown', code: 'outcome_unknown' };
}

/** When the sweeper has to look at a command in this state. */
export function dueAt(
  command: Pick<CommandRecord, 'expiresAtMs'>,
  state: CommandState,
): number | null {
  if (command.expiresAtMs === null || isFinal(state) || state === 'timed_out') return null;
  return state === 'queued' ? command.expiresAtMs : command.expiresAtMs + ANSWER_GRACE_MS;
}

/** The base's own account of its stages replaces its progress reports. */
function withBaseSteps(before: readonly TraceStep[], baseSteps: readonly TraceStep[]): TraceStep[] {
  if (baseSteps.length === 0) return [...before];
  const ours = before.filter(
    (step) =>
      step.state === 'timed_out' ||
      !isStageWithin(step.stage, STAGE.baseJournalled, STAGE.baseRecorded),
  );
  return [...ours, ...withStates(baseSteps)];
}

/** The first step at the base means received, the first at the unit's session running. */
function withStates(baseSteps: readonly TraceStep[]): TraceStep[] {
  const received = baseSteps.findIndex(
    ({ stage }) => stageNumber(stage) >= stageNumber(STAGE.baseJournalled),
  );
  const running = baseSteps.findIndex(
    ({ stage }) =>
      stage === STAGE.brokerWritten || isStageWithin(stage, STAGE.baseDequeued, STAGE.baseMatched),
  );
  return baseSteps.map((step, index) => {
    if (index === running) return { ...step, state: 'running' };
    return index === received ? { ...step, state: 'received' } : step;
  });
}
