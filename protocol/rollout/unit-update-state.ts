import { z } from 'zod';
import { UPDATE_STATES } from '../update/update-state.ts';

/**
 * The update of a unit as the hub sees it. waiting: in a rollout that has not reached
 * it. cancelled: withdrawn; the unit keeps its firmware. In between, as its base
 * reports it.
 */
export const UnitUpdateState = z.enum(['waiting', ...UPDATE_STATES, 'cancelled']);
export type UnitUpdateState = z.infer<typeof UnitUpdateState>;

/** Whether an update has ended, successfully or not. */
export function isUpdateOver(state: UnitUpdateState): boolean {
  return state === 'confirmed' || state === 'cancelled' || isUpdateFailure(state);
}

/** Whether it ended without the unit running the new firmware. */
export function isUpdateFailure(state: UnitUpdateState): boolean {
  return state === 'failed' || state === 'rolled_back';
}

/**
 * Whether a newer report may move an update from one state to another. Until
 * the unit restarts with the image it may begin again; after that there are
 * only ends, or it turns out that the unit does not restart yet. Out of an end
 * only where that is so after all: a unit that was confirmed falls back, and
 * one that was called off too late runs the image.
 */
export function mayUpdateBecome(from: UnitUpdateState, to: UnitUpdateState): boolean {
  switch (from) {
    case 'waiting':
    case 'queued':
    case 'downloading':
    case 'verified':
      return to !== 'waiting' && to !== from;
    case 'applying':
      return to === 'verified' || isUpdateOver(to);
    case 'confirmed':
      return to === 'rolled_back';
    case 'cancelled':
      return to === 'applying' || to === 'confirmed' || to === 'rolled_back';
    case 'failed':
    case 'rolled_back':
      return false;
    default:
      // A state of a later version, in a row that it left behind.
      from satisfies never;
      return false;
  }
}
