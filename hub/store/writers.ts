/** Writers that are neither an account nor a site. */
export const WRITERS = {
  /** The hub itself: its sweeps, and what it stores at its start. */
  hub: 'hub',
  /** Unauthenticated callers: sign-ups and claims. */
  unauthenticated: 'unauthenticated',
} as const;
