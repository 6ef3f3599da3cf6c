import type { HubConfig } from './config.ts';

/** How a hub that is stopping says goodbye. */
export interface DrainTimes {
  /** Until a load balancer has noticed that it is not ready; meanwhile it serves as before. */
  readonly waitMs: number;
  /** In which connections are closed one by one, at most. */
  readonly spreadMs: number;
  /** Until a hub can be there again for clients; 0 where others are. */
  readonly awayMs: number;
  /** How long requests may take that are being handled. */
  readonly requestsMs: number;
}

/** Three checks of a balancer that looks every second, and some more. */
const WAIT_SECONDS = 5;
const SPREAD_SECONDS = 25;
const REQUESTS_MS = 5_000;
const RESTART_MS = 1_000;

/** On SQLite a hub is alone: the sooner it has stopped, the sooner it is back. */
export function drainTimes(
  config: Pick<HubConfig, 'database' | 'drainWait' | 'drainTime'>,
): DrainTimes {
  const isAlone = config.database === undefined;
  return {
    waitMs: 1_000 * (config.drainWait ?? (isAlone ? 0 : WAIT_SECONDS)),
    spreadMs: 1_000 * (config.drainTime ?? (isAlone ? 0 : SPREAD_SECONDS)),
    awayMs: isAlone ? RESTART_MS : 0,
    requestsMs: REQUESTS_MS,
  };
}
