import { z } from 'zod';
import type { CommandState } from '../command/command-state.ts';
import type { RolloutState } from '../rollout/rollout.ts';
import { isUpdateFailure } from '../rollout/unit-update-state.ts';
import type { SiteEvent } from './site-event.ts';

/**
 * The outcome that an event reports. failed: something did not happen, was lost, or may
 * have been. cancelled: it was stopped on purpose.
 */
export const EventOutcome = z.enum(['succeeded', 'failed', 'cancelled']);
export type EventOutcome = z.infer<typeof EventOutcome>;

/** An event in so far as its outcome is concerned. */
export type EventSaid = {
  [T in SiteEvent['type']]: Pick<Extract<SiteEvent, { readonly type: T }>, 'type' | 'data'>;
}[SiteEvent['type']];

/** Undefined where an event reports no outcome: something began or changed. */
export function outcomeOf({ type, data }: EventSaid): EventOutcome | undefined {
  switch (type) {
    case 'command.ended':
      // It was sent to a unit that never answers: there is no sign of failure.
      return data.code === 'unconfirmed' ? undefined : OF_COMMAND[data.state];
    case 'unit.presence_changed':
      return data.state === 'lost' ? 'failed' : undefined;
    case 'base.presence_changed':
      return data.state === 'offline' ? 'failed' : undefined;
    case 'readings.gap_declared':
    case 'webhook.disabled':
      return 'failed';
    case 'unit.update_changed':
      if (isUpdateFailure(data.state)) return 'failed';
      if (data.state === 'cancelled') return 'cancelled';
      return data.state === 'confirmed' ? 'succeeded' : undefined;
    case 'rollout.changed':
      return OF_ROLLOUT[data.state];
    default:
      return undefined;
  }
}

const OF_COMMAND: Readonly<Partial<Record<CommandState, EventOutcome>>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  rejected: 'failed',
  expired: 'failed',
  timed_out: 'failed',
  unknown: 'failed',
  cancelled: 'cancelled',
  superseded: 'cancelled',
};

const OF_ROLLOUT: Readonly<Partial<Record<RolloutState, EventOutcome>>> = {
  finished: 'succeeded',
  stopped: 'failed',
  aborted: 'cancelled',
};
