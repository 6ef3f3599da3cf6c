/** Exit codes of every command: the first two as everywhere, 64 as in sysexits.h. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** A port is taken, a folder cannot be written, a part is missing. */
  cannotStart: 2,
  usage: 64,
} as const;
