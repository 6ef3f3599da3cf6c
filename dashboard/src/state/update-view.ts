import { errorEntry } from '#protocol/errors.ts';
import type { UnitUpdate } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { PresenceView } from './presence-view.ts';

const OF_STATE: Readonly<Record<UnitUpdateState, PresenceView>> = {
  waiting: { tone: 'unknown', word: 'Waiting', reason: 'The rollout has not reached it yet.' },
  queued: { tone: 'waiting', word: 'Queued', reason: 'The base has been asked to install it.' },
  downloading: { tone: 'waiting', word: 'Sending', reason: 'The image is being sent to the unit.' },
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
  failed: { tone: 'lost', word: 'Failed', reason: 'The unit keeps its previous firmware.' },
  rolled_back: {
    tone: 'lost',
    word: 'Rolled back',
    reason: 'The new firmware did not work, so the unit rolled back to the previous one.',
  },
  cancelled: {
    tone: 'unknown',
    word: 'Cancelled',
    reason: 'It was cancelled. The unit keeps its previous firmware.',
  },
};

/** How the update of a unit is, with the reason where one is known. */
export function viewUpdate({ state, code }: Pick<UnitUpdate, 'state' | 'code'>): PresenceView {
  const view = OF_STATE[state];
  return code === undefined ? view : { ...view, reason: errorEntry(code).message };
}
