/** Exit codes of every command; docs and service units build on them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /**
   * A reason that the user can fix: a port is in use, a folder is not writable, a
   * setting is invalid.
   */
  cannotStart: 2,
  /** A command to a unit may have been executed: the outcome is unknown. */
  outcomeUnknown: 3,
  /** A command to a unit was accepted and has not ended yet. */
  pending: 4,
  /** The arguments are not understood; EX_USAGE of sysexits.h. */
  usage: 64,
  /** Not signed in; EX_NOPERM of sysexits.h. */
  notSignedIn: 77,
} as const;
