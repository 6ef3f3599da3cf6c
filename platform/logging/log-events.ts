/**
 * Names of the log lines that another program waits for, in their member `event`: what a
 * line says in words may change.
 */
export const LOG_EVENT = {
  /** The hub listens. */
  ready: 'ready',
  /** The hub has no account yet; `signInUrl` creates the first. */
  firstSignIn: 'first_sign_in',
  /** The base has joined its channel. */
  linkReady: 'link_ready',
  /** A unit of the base has another presence: `unitId`, `state`. */
  unitPresence: 'unit_presence',
} as const;
