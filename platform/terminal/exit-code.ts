/** Exit codes of every command; docs and service units build on them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** For a reason that the user can mend: a port is taken, a folder cannot be written, a setting is wrong. */
  cannotStart: 2,
  /** A command to a unit may have been carried out: nobody can tell. */
  outcomeUnknown: 3,
  /** A command to a unit was accepted and has not ended yet. */
  pending: 4,
  /** The arguments are not understood; EX_USAGE of sysexits.h. */
  usage: 64,
  /** The hub does not know who asks; EX_NOPERM of sysexits.h. */
  notSignedIn: 77,
} as const;
