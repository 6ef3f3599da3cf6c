import type { Hint } from './hint.ts';

export type HintListener = (hints: readonly Hint[]) => void;

/**
 * Carries hints between the hubs of one installation. Never waits and never fails: what
 * cannot be carried is lost, and counted.
 */
export interface Bus {
  /** Hears hints of the other hubs, never its own. Before the start. */
  readonly listen: (listener: HintListener) => void;
  readonly start: () => Promise<void>;
  /** To all other hubs, soon: what comes together goes together. */
  readonly publish: (hints: readonly Hint[]) => void;
  /**
   * Whether hints of others arrive, as far as can be known: false when nothing has come
   * through for {@link BLIND_AFTER_MS}.
   */
  readonly isAlive: () => boolean;
  /** Hints that were lost on this side. */
  readonly lost: () => number;
  readonly close: () => Promise<void>;
}

/** After this long without a sign of itself the bus counts as cut. */
export const BLIND_AFTER_MS = 5_000;
/** How often each side sends a sign of itself, which it has to hear. */
export const BEAT_EVERY_MS = 1_000;
/** Hints of this long go in one message: an event more costs others nothing. */
export const GATHER_MS = 8;
/** Of one message; PostgreSQL takes 7,999 bytes at most. */
export const MAX_MESSAGE_BYTES = 7_900;
/** Hints that wait to be sent. Of more, the newest are lost. */
export const MAX_WAITING = 5_000;
