import { type CommandState, isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { DesiredState, PropertyState } from '#protocol/reading.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { sameValue } from './same-value.ts';

/**
 * What somebody at this screen wants a property to be, until the unit
 * reports it or somebody on the way refuses it.
 */
export interface Wish {
  readonly commandId: CommandId;
  readonly value: ScalarValue;
  /**
   * wanted: on its way. settling: the unit said yes, its report is due.
   * refused: it will not happen, `code` says why.
   */
  readonly phase: 'wanted' | 'settling' | 'refused';
  readonly state: CommandState;
  readonly code?: ErrorCode;
}

export function newWish(commandId: CommandId, value: ScalarValue): Wish {
  return { commandId, value, phase: 'wanted', state: 'queued' };
}

const REASON_OF_STATE: Readonly<Partial<Record<CommandState, ErrorCode>>> = {
  expired: 'expired',
  cancelled: 'cancelled',
  unknown: 'in_doubt',
  timed_out: 'timed_out',
};

/** The wish after news of a command. Undefined: nothing is wanted any more. */
export function wishAfterCommand(
  wish: Wish,
  command: Pick<Command, 'id' | 'state' | 'code'>,
  reported: ScalarValue | undefined,
): Wish | undefined {
  if (command.id !== wish.commandId) return wish;
  const { state } = command;
  if (!isFinal(state) && state !== 'timed_out') return { ...wish, phase: 'wanted', state };
  if (state === 'succeeded') {
    return sameValue(wish.value, reported) ? undefined : { ...wish, phase: 'settling', state };
  }
  // Whoever made the newer wish shows it: here, or as the unit's desired value.
  if (state === 'superseded') return undefined;
  const code = command.code ?? REASON_OF_STATE[state] ?? 'internal';
  return { ...wish, phase: 'refused', state, code };
}

/** The wish after the unit reported a value. */
export function wishAfterReport(wish: Wish, reported: ScalarValue): Wish | undefined {
  return wish.phase === 'settling' && sameValue(wish.value, reported) ? undefined : wish;
}

/** What a control shows. */
export interface PropertyView {
  /** Where the control stands: what is wanted while something is, else what was reported. */
  readonly shown: ScalarValue | undefined;
  readonly reported: ScalarValue | undefined;
  /** Set while something else is wanted than was reported. */
  readonly wanted?: { readonly value: ScalarValue; readonly commandId: string };
  readonly refusal?: { readonly code: ErrorCode; readonly commandId: CommandId };
}

/** Puts together what the unit reported, what the hub wants of it, and what this screen wants. */
export function viewProperty(
  reported: PropertyState | undefined,
  desired: DesiredState | undefined,
  wish: Wish | undefined,
): PropertyView {
  const value = reported?.value;
  if (wish?.phase === 'refused') {
    const refusal = { code: wish.code ?? 'internal', commandId: wish.commandId } as const;
    return { shown: value, reported: value, refusal };
  }
  const wanted = wish ?? desired;
  if (!wanted || sameValue(wanted.value, value))
    return { shown: wanted?.value ?? value, reported: value };
  return {
    shown: wanted.value,
    reported: value,
    wanted: { value: wanted.value, commandId: wanted.commandId },
  };
}
