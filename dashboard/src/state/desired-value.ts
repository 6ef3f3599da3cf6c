import { type CommandState, isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';
import type { DesiredState, PropertyState } from '#protocol/reading.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import { sameValue } from './same-value.ts';

/** The desired value set on this screen, until the unit reports it or it is refused. */
export interface DesiredValue {
  readonly commandId: CommandId;
  readonly value: ScalarValue;
  /** When it was set, on the hub's clock. */
  readonly sinceMs: number;
  /**
   * wanted: being delivered. settling: the unit confirmed it, its report is due.
   * refused: it will not happen, or a newer desired value replaced it; `code` says why.
   */
  readonly phase: 'wanted' | 'settling' | 'refused';
  readonly state: CommandState;
  readonly code?: ErrorCode;
}

export function newDesired(
  own: Pick<DesiredValue, 'commandId' | 'value' | 'sinceMs'>,
): DesiredValue {
  return { ...own, phase: 'wanted', state: 'queued' };
}

const REASON_OF_STATE: Readonly<Partial<Record<CommandState, ErrorCode>>> = {
  expired: 'expired',
  cancelled: 'cancelled',
  superseded: 'superseded',
  unknown: 'outcome_unknown',
  timed_out: 'timed_out',
};

/** The desired value after news of a command. Undefined: nothing is wanted any more. */
export function desiredAfterCommand(
  own: DesiredValue,
  command: Pick<Command, 'id' | 'state' | 'code'>,
  reported: ScalarValue | undefined,
): DesiredValue | undefined {
  if (command.id !== own.commandId) return own;
  const { state } = command;
  // It was sent, and will never be confirmed: the hub shows it until another value is sent.
  if (command.code === 'unconfirmed') return undefined;
  if (!isFinal(state) && state !== 'timed_out') return { ...own, phase: 'wanted', state };
  if (state === 'succeeded') {
    return sameValue(own.value, reported) ? undefined : { ...own, phase: 'settling', state };
  }
  const code = command.code ?? REASON_OF_STATE[state] ?? 'internal';
  return { ...own, phase: 'refused', state, code };
}

/** The desired value after the unit reported a value. */
export function desiredAfterReport(
  own: DesiredValue,
  reported: ScalarValue,
): DesiredValue | undefined {
  return own.phase === 'settling' && sameValue(own.value, reported) ? undefined : own;
}

/** Something else than was reported, and since when it is wanted, on the hub's clock. */
export interface Wanted {
  readonly value: ScalarValue;
  readonly commandId: CommandId;
  readonly sinceMs: number;
}

/** What a control shows. */
export interface PropertyView {
  /** The control's value: the desired one if there is one, otherwise the reported one. */
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
  own: DesiredValue | undefined,
): PropertyView {
  const value = reported?.value;
  const refusal =
    own?.phase === 'refused'
      ? { refusal: { code: own.code ?? 'internal', commandId: own.commandId } }
      : {};
  const wanted = wantedOf(desired, own);
  if (!wanted || sameValue(wanted.value, value)) {
    return { shown: wanted?.value ?? value, reported: value, ...refusal };
  }
  return { shown: wanted.value, reported: value, wanted, ...refusal };
}

/** This screen's desired value; without one, or if it was refused, that of others. */
function wantedOf(
  desired: DesiredState | undefined,
  own: DesiredValue | undefined,
): Wanted | undefined {
  if (own && own.phase !== 'refused') {
    const { value, commandId, sinceMs } = own;
    return { value, commandId, sinceMs };
  }
  // The hub clears a refused desired value shortly after it reports the refusal.
  if (!desired || desired.commandId === own?.commandId) return undefined;
  return { value: desired.value, commandId: desired.commandId, sinceMs: desired.setAtMs };
}
