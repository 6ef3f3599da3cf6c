import type { CommandState } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import type { SignalTone } from './presence-view.ts';

export interface CommandStateView {
  readonly tone: SignalTone;
  readonly word: string;
  /** Where the command is, or what became of it, as a sentence. */
  readonly sentence: string;
}

/**
 * A command's state in readable form. One that the hub has not answered does not exist
 * there yet.
 */
export function viewCommandState({
  state,
  seq,
  code,
}: Pick<Command, 'state' | 'seq' | 'code'>): CommandStateView {
  if (code === 'unconfirmed') return SENT;
  return state === 'queued' && seq === null ? TO_THE_HUB : COMMAND_VIEWS[state];
}

/** States in which a command can still be cancelled: no unit has it yet. */
const CANCELLABLE: ReadonlySet<CommandState> = new Set(['queued', 'dispatched', 'received']);

/**
 * Whether a cancellation may be requested. A base may send the command before it
 * receives the cancellation.
 */
export function mayCancel({ state, seq }: Pick<Command, 'state' | 'seq'>): boolean {
  return seq !== null && CANCELLABLE.has(state);
}

const TO_THE_HUB: CommandStateView = {
  tone: 'waiting',
  word: 'To the hub',
  sentence: 'It was sent; the hub has not answered yet.',
};

const SENT: CommandStateView = {
  tone: 'unknown',
  word: 'Sent',
  sentence: 'It was sent to the unit, which never answers: the outcome is unknown.',
};

const COMMAND_VIEWS: Readonly<Record<CommandState, CommandStateView>> = {
  queued: {
    tone: 'waiting',
    word: 'At the hub',
    sentence: 'The hub has it and waits for the base.',
  },
  dispatched: {
    tone: 'waiting',
    word: 'To the base',
    sentence: 'It is on its way to the base.',
  },
  received: { tone: 'waiting', word: 'At the base', sentence: 'The base has stored it.' },
  running: { tone: 'waiting', word: 'At the unit', sentence: 'It was sent to the unit.' },
  succeeded: { tone: 'proven', word: 'Done', sentence: 'Confirmed by the unit.' },
  failed: { tone: 'lost', word: 'Failed', sentence: 'It was executed and failed.' },
  rejected: {
    tone: 'lost',
    word: 'Refused',
    sentence: 'It was rejected; nothing happened.',
  },
  expired: {
    tone: 'lost',
    word: 'Expired',
    sentence: 'It expired before it was executed; nothing happened.',
  },
  cancelled: {
    tone: 'unknown',
    word: 'Cancelled',
    sentence: 'It was cancelled; nothing happened.',
  },
  superseded: {
    tone: 'unknown',
    word: 'Replaced',
    sentence: 'A newer value replaced it.',
  },
  timed_out: {
    tone: 'waiting',
    word: 'No answer yet',
    sentence: 'No answer in time. A late answer still counts.',
  },
  unknown: {
    tone: 'lost',
    word: 'Unknown',
    sentence:
      'It was sent to the unit, and the link was lost before the answer. It may have been executed, so it is not retried automatically.',
  },
};
