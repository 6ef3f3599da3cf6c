/** Exit codes of every command; docs and service units build on them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** For a reason that the user can mend: a port is taken, a folder cannot be written, a setting is wrong. */
  cannotStart: 2,
  /** The arguments are not understood; EX_USAGE of sysexits.h. */
  usage: 64,
} as const;
