import { type CommandTask, MAX_ATTEMPTS } from '../drivers/port/command-task.ts';

/** Between tries of a busy unit; doubles up to the maximum. Later commands wait as well. */
const BUSY_RETRY_MS = 500;
const MAX_BUSY_RETRY_MS = 4_000;
/** A desired value that the unit does not answer, or crashes on, is retried after a backoff that doubles. */
const FIRST_BACKOFF_MS = 30_000;
const MAX_BACKOFF_MS = 600_000;

/** How long a busy unit is left alone. */
export function busyPauseMs({ busyAnswers = 1 }: CommandTask): number {
  return Math.min(MAX_BUSY_RETRY_MS, BUSY_RETRY_MS * 2 ** Math.min(busyAnswers - 1, 10));
}

/** How long a desired value backs off after so many attempts. @param random 0 up to, and without, 1. */
export function backoffMs({ attempts }: CommandTask, random: () => number): number {
  const windowMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempts - MAX_ATTEMPTS));
  return windowMs * (0.5 + 0.5 * random());
}
