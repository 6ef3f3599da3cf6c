import type { CommandStage } from '#protocol/command/command-stage.ts';
import type { IssuedCommand } from '#protocol/command/command.ts';
import type { CommandOutcome } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseTraceStep } from '#protocol/hub-link/base-events.ts';
import type { Json } from '#protocol/json.ts';

/** How a command ended. */
export interface TaskEnd {
  readonly outcome: CommandOutcome;
  readonly code?: ErrorCode;
  readonly output?: Json;
  readonly duplicate?: boolean;
}

/** The sender of a command to its unit, which is notified of its end. */
export interface CommandOwner {
  /** About to leave. What must not be done twice is on the disk before this returns. */
  readonly sending: (task: CommandTask, isRepeatable: boolean) => void;
  /** Its bytes have left. */
  readonly written: (task: CommandTask) => void;
  readonly finished: (task: CommandTask, end: TaskEnd) => void;
}

/** A command in progress at this base. */
export interface CommandTask {
  readonly command: IssuedCommand;
  readonly owner: CommandOwner;
  /** On the hub's clock; undefined: never. */
  readonly expiresAtMs: number | undefined;
  readonly trace: BaseTraceStep[];
  attempts: number;
  /** How many of the attempts the unit answered with `busy` or `no_memory`. */
  busyAnswers?: number;
  /** Until then it is not tried again and others go before it; on the monotonic clock. */
  backoffUntilMs?: number;
  /** It was sent at least once, with unknown outcome. */
  mayHaveRun: boolean;
  /** How it ended, once it has. */
  end: TaskEnd | undefined;
}

/** It may have been executed; the code says why that is unknown. */
export function outcomeUnknown(reason: 'link_lost' | 'unit_timeout'): TaskEnd {
  return { outcome: 'unknown', code: reason === 'link_lost' ? 'outcome_unknown' : 'unit_timeout' };
}

/** Reports that a command was not executed only if that is certain. */
export function unlessUnknown({ mayHaveRun }: CommandTask, end: TaskEnd): TaskEnd {
  return mayHaveRun ? outcomeUnknown('link_lost') : end;
}

/** How long a unit may take to answer a command. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** How often a command is tried before the base gives up; a desired value then backs off. */
export const MAX_ATTEMPTS = 5;

/** A desired value stays until it is reached, refused or replaced. */
export function mayRetry({ attempts, busyAnswers = 0, command }: CommandTask): boolean {
  return command.verb === 'set' || attempts - busyAnswers < MAX_ATTEMPTS;
}

/** A busy unit did nothing: a command that may wait is retried until it expires. */
export function mayWaitForUnit(task: CommandTask): boolean {
  if (task.command.verb === 'invoke') return false;
  return task.expiresAtMs !== undefined || mayRetry(task);
}

/** Repeats of one command fill its trace no further than this; the wire allows 32 steps. */
const MAX_STEPS = 28;

export function trace(
  task: CommandTask,
  {
    stage,
    atMs,
    note,
  }: { readonly stage: CommandStage; readonly atMs: number; readonly note?: string | undefined },
): void {
  if (task.trace.length >= MAX_STEPS) return;
  task.trace.push({ stage, atMs: Math.round(atMs), ...(note === undefined ? {} : { note }) });
}
