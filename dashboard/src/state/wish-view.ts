import type { CommandState } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { BasePresence } from '#protocol/presence.ts';

export interface WishView {
  /** How far the wish has come. */
  readonly text: string;
  /** The hub still holds it, so it can be taken back. */
  readonly mayCancel: boolean;
}

/**
 * How far a wish has come. Its command may not be known here: then its base
 * alone tells, and no more is said than that.
 */
export function viewWish(
  command: Pick<Command, 'state' | 'seq'> | undefined,
  base: BasePresence['state'] | undefined,
): WishView {
  const away = base !== 'online';
  if (!command) {
    return away
      ? { text: 'waits for the base to come online', mayCancel: true }
      : { text: 'is on its way', mayCancel: false };
  }
  if (command.state === 'queued' && command.seq === null) {
    return { text: 'is on its way to the hub', mayCancel: false };
  }
  const text = (away ? TEXTS_AWAY[command.state] : undefined) ?? TEXTS[command.state];
  return { text, mayCancel: command.state === 'queued' };
}

const TEXTS_AWAY: Readonly<Partial<Record<CommandState, string>>> = {
  queued: 'waits for the base to come online',
  dispatched: 'was sent to the base, which went offline',
  received: 'the base has it, and is offline',
  running: 'was sent to the unit, and the base went offline',
};

const TEXTS: Readonly<Record<CommandState, string>> = {
  queued: 'is at the hub',
  dispatched: 'was sent to the base',
  received: 'the base has it and waits for the unit',
  running: 'was sent to the unit',
  succeeded: 'the unit said yes, its report is due',
  failed: 'failed',
  rejected: 'was refused',
  expired: 'expired',
  cancelled: 'was taken back',
  superseded: 'was replaced by a newer one',
  timed_out: 'has no answer yet',
  unknown: 'may have happened',
};
