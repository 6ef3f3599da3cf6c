import type { CommandRecord } from '../store/command-record.ts';
import type { GivenTo } from '../store/device-commands.ts';
import type { CommandEnd } from './command-ends.ts';

/** What is to become of a command to a device, of what is known of it now. */
export type CommandChange =
  | { readonly kind: 'give'; readonly to: GivenTo }
  /** For another connection; it may have been executed, if it was sent. */
  | { readonly kind: 'wait'; readonly mayBeDone: boolean }
  | { readonly kind: 'end'; readonly end: Omit<CommandEnd, 'id'> };

export const UNKNOWN = {
  kind: 'end',
  end: { outcome: 'unknown', code: 'outcome_unknown' },
} as const satisfies CommandChange;

/** That it did not happen may be said of what was sent to no connection at all. */
function unlessSent({ heldAtMs }: CommandRecord, end: Omit<CommandEnd, 'id'>): CommandChange {
  return heldAtMs === null ? { kind: 'end', end } : UNKNOWN;
}

export function cancelledOf(command: CommandRecord): CommandChange {
  return unlessSent(command, { outcome: 'cancelled', code: 'cancelled' });
}

export function expiredOf(command: CommandRecord): CommandChange {
  return unlessSent(command, { outcome: 'expired', code: 'expired' });
}

/** Its time was over before it was sent, as far as is known. */
export function isTooLate({ state }: CommandRecord): boolean {
  return state === 'timed_out';
}

/** It was not sent: it waits for another connection, unless it was for this one. */
export function waitOf(command: CommandRecord): CommandChange {
  const { verb, state } = command;
  if (state === 'timed_out') return expiredOf(command);
  if (verb !== 'invoke') return { kind: 'wait', mayBeDone: false };
  return unlessSent(command, { outcome: 'failed', code: 'device_offline' });
}

/** It was sent, or may have been: only what may happen twice is sent again. */
export function lostOf({ verb, state }: CommandRecord): CommandChange {
  return verb === 'invoke' || state === 'timed_out' ? UNKNOWN : { kind: 'wait', mayBeDone: true };
}
