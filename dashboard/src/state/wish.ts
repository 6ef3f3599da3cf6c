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
  /** When it was wished, on the hub's clock. */
  readonly sinceMs: number;
  /**
   * wanted: on its way. settling: the unit said yes, its report is due.
   * refused: it will not happen, or a newer wish took its place; `code` says why.
   */
  readonly phase: 'wanted' | 'settling' | 'refused';
  readonly state: CommandState;
  readonly code?: ErrorCode;
}

export function newWish(wish: Pick<Wish, 'commandId' | 'value' | 'sinceMs'>): Wish {
  return { ...wish, phase: 'wanted', state: 'queued' };
}

const REASON_OF_STATE: Readonly<Partial<Record<CommandState, ErrorCode>>> = {
  expired: 'expired',
  cancelled: 'cancelled',
  superseded: 'superseded',
  unknown: 'outcome_unknown',
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
  // It was sent, and nobody will know more: the hub keeps it on view until something else is sent.
  if (command.code === 'unconfirmed') return undefined;
  if (!isFinal(state) && state !== 'timed_out') return { ...wish, phase: 'wanted', state };
  if (state === 'succeeded') {
    return sameValue(wish.value, reported) ? undefined : { ...wish, phase: 'settling', state };
  }
  const code = command.code ?? REASON_OF_STATE[state] ?? 'internal';
  return { ...wish, phase: 'refused', state, code };
}

/** The wish after the unit reported a value. */
export function wishAfterReport(wish: Wish, reported: ScalarValue): Wish | undefined {
  return wish.phase === 'settling' && sameValue(wish.value, reported) ? undefined : wish;
}

/** Something else than was reported, and since when it is wanted, on the hub's clock. */
export interface Wanted {
  readonly value: ScalarValue;
  readonly commandId: CommandId;
  readonly sinceMs: number;
}

/** What a control shows. */
export interface PropertyView {
  /** Where the control stands: what is wanted while something is, else what was reported. */
  readonly shown: ScalarValue | undefined;
  readonly reported: ScalarValue | undefined;
  /** Set while something else is wanted than was reported. */
  readonly wanted?: Wanted;
  readonly refusal?: { readonly code: ErrorCode; readonly commandId: CommandId };
}

/** Puts together what the unit reported, what the hub wants of it, and what this screen wants. */
export function viewProperty(
  reported: PropertyState | undefined,
  desired: DesiredState | undefined,
  wish: Wish | undefined,
): PropertyView {
  const value = reported?.value;
  const refusal =
    wish?.phase === 'refused'
      ? { refusal: { code: wish.code ?? 'internal', commandId: wish.commandId } }
      : {};
  const wanted = wantedOf(desired, wish);
  if (!wanted || sameValue(wanted.value, value)) {
    return { shown: wanted?.value ?? value, reported: value, ...refusal };
  }
  return { shown: wanted.value, reported: value, wanted, ...refusal };
}

/** This screen's wish; where it has none, or one that was refused, anybody else's. */
function wantedOf(desired: DesiredState | undefined, wish: Wish | undefined): Wanted | undefined {
  if (wish && wish.phase !== 'refused') {
    const { value, commandId, sinceMs } = wish;
    return { value, commandId, sinceMs };
  }
  // The hub drops a refused wish a moment after it says that it was refused.
  if (!desired || desired.commandId === wish?.commandId) return undefined;
  return { value: desired.value, commandId: desired.commandId, sinceMs: desired.setAtMs };
}
