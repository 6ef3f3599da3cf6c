import { errorEntry } from '#protocol/errors.ts';
import type { UnitUpdate } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { PresenceView } from './presence-view.ts';

const OF_STATE: Readonly<Record<UnitUpdateState, PresenceView>> = {
  waiting: { tone: 'unknown', word: 'Waiting', reason: 'Its turn in the rollout has not come.' },
  queued: { tone: 'waiting', word: 'Queued', reason: 'The base has been asked to install it.' },
  downloading: { tone: 'waiting', word: 'Sending', reason: 'The image is on its way to the unit.' },
  verified: {
    tone: 'waiting',
    word: 'Verified',
    reason: 'The unit has the whole image and verified its signature.',
  },
  applying: {
    tone: 'waiting',
    word: 'Starting',
    reason: 'The unit restarts with the new firmware. This can no longer be cancelled.',
  },
  confirmed: {
    tone: 'proven',
    word: 'Updated',
    reason: 'The unit runs the new firmware and has reconnected.',
  },
  failed: { tone: 'lost', word: 'Failed', reason: 'The unit keeps the firmware it had.' },
  rolled_back: {
    tone: 'lost',
    word: 'Rolled back',
    reason: 'The unit could not work with the new firmware and went back to the one before.',
  },
  cancelled: {
    tone: 'unknown',
    word: 'Cancelled',
    reason: 'It was cancelled. The unit keeps the firmware it had.',
  },
};

/** How the update of a unit is, with the reason where one is known. */
export function viewUpdate({ state, code }: Pick<UnitUpdate, 'state' | 'code'>): PresenceView {
  const view = OF_STATE[state];
  return code === undefined ? view : { ...view, reason: errorEntry(code).message };
}
