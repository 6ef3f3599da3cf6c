import type { Hint } from './hint.ts';

export interface BusListener {
  /** Hints of other hubs, never of this one. */
  readonly heard: (hints: readonly Hint[]) => void;
  /** Hints of another hub were lost. */
  readonly missed: () => void;
}

/**
 * Carries hints between the hubs of one installation. Never waits and never fails: what
 * cannot be carried is lost, and counted.
 */
export interface Bus {
  /** Before the start. */
  readonly listen: (listener: BusListener) => void;
  /** @param secret known to the hubs of this installation alone. */
  readonly start: (secret: string) => Promise<void>;
  /** To all other hubs, soon: what comes together goes together. */
  readonly publish: (hints: readonly Hint[]) => void;
  /** How long ago each hub was heard last, this one included: its own signs of life come back. */
  readonly silenceMs: (hub: string) => number;
  /** Whether any other hub was heard of late. */
  readonly hearsOthers: () => boolean;
  /** Hints that were lost on this side. */
  readonly lost: () => number;
  readonly close: () => Promise<void>;
}

/** Who was not heard for this long counts as unheard. */
export const BLIND_AFTER_MS = 4_000;
/** How often each side sends a sign of life, which it has to hear itself. */
export const BEAT_EVERY_MS = 1_000;
/** Hints of this long go in one message: an event more costs others nothing. */
export const GATHER_MS = 8;
/** Of one message; PostgreSQL takes 7,999 bytes at most. */
export const MAX_MESSAGE_BYTES = 7_900;
/** Hints that wait to be sent. Of more, the newest are lost. */
export const MAX_WAITING = 5_000;
