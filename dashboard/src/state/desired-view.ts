import type { CommandState } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { BasePresence } from '#protocol/presence.ts';
import type { PropertyAffordance } from '#protocol/thing/thing-description.ts';
import { mayCancel } from './command-view.ts';
import type { SignalTone } from './presence-view.ts';

export interface DesiredView {
  /** How far the desired value has come. */
  readonly text: string;
  readonly tone: SignalTone;
  /** The hub still holds it, so it can be cancelled. */
  readonly mayCancel: boolean;
}

/**
 * The progress of a desired value. If its command is not known here, only the base's
 * presence is shown; for a write-only property not even that, since its desired value
 * remains after it was sent.
 */
export function viewDesired(
  command: Pick<Command, 'state' | 'seq' | 'code'> | undefined,
  base: BasePresence['state'] | undefined,
  schema?: Pick<PropertyAffordance, 'writeOnly'>,
): DesiredView {
  const away = base !== 'online';
  const tone = 'waiting';
  if (!command) {
    if (schema?.writeOnly) return REQUESTED;
    return away
      ? { text: 'waiting for the base to come online', tone, mayCancel: true }
      : { text: 'on its way', tone, mayCancel: false };
  }
  if (command.code === 'unconfirmed') return SENT;
  if (command.state === 'queued' && command.seq === null) {
    return { text: 'on its way to the hub', tone, mayCancel: false };
  }
  const text = (away ? TEXTS_AWAY[command.state] : undefined) ?? TEXTS[command.state];
  return { text, tone, mayCancel: mayCancel(command) };
}

const REQUESTED: DesiredView = {
  text: 'this unit never answers',
  tone: 'unknown',
  mayCancel: false,
};
const SENT: DesiredView = {
  text: 'sent; this unit never answers',
  tone: 'unknown',
  mayCancel: false,
};

const TEXTS_AWAY: Readonly<Partial<Record<CommandState, string>>> = {
  queued: 'waiting for the base to come online',
  dispatched: 'sent to the base, which went offline',
  received: 'received by the base, which is offline',
  running: 'sent to the unit; the base went offline',
};

const TEXTS: Readonly<Record<CommandState, string>> = {
  queued: 'waiting at the hub',
  dispatched: 'sent to the base',
  received: 'received by the base, waiting for the unit',
  running: 'sent to the unit',
  succeeded: 'confirmed by the unit; waiting for its report',
  failed: 'failed',
  rejected: 'refused',
  expired: 'expired',
  cancelled: 'cancelled',
  superseded: 'replaced by a newer value',
  timed_out: 'no answer yet',
  unknown: 'may have happened',
};
