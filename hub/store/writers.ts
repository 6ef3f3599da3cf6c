/** Those who write and are no account or site. */
export const WRITERS = {
  /** The hub itself: its sweeps and what it keeps at its start. */
  hub: 'hub',
  /** Whoever has not proved anything yet: sign-ups and claims. */
  unauthenticated: 'unauthenticated',
} as const;
