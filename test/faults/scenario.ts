import type { Cleanup } from '#platform/testing/cleanup.ts';
import type { Random } from './random.ts';
import type { CommandCounts } from './verify/check-commands.ts';
import type { ReadingCounts } from './verify/check-readings.ts';

export interface ScenarioContext {
  /** The source of everything that a scenario leaves to chance. */
  readonly random: Random;
  /** The long run; otherwise one that fits into `npm test`. */
  readonly isLong: boolean;
  /** Share of the long run's load and length: 1, or less to try it out. */
  readonly scale: number;
  readonly cleanup: Cleanup;
  readonly say: (line: string) => void;
}

export interface ScenarioResult {
  readonly commands?: CommandCounts;
  readonly readings?: ReadingCounts;
  /** From the mending of a link to the resumption of the log, one per mending. */
  readonly resumeMs?: readonly number[];
  /** What else was measured, in sentences. */
  readonly notes: readonly string[];
  /** What must not be, in sentences; none: the scenario has passed. */
  readonly violations: readonly string[];
}

export const USUAL_LIMIT_MS = 240_000;

/** So much of a number of the long run, at least 1. */
export function scaled(count: number, scale: number): number {
  return Math.max(1, Math.round(count * scale));
}

/** One kind of misfortune, and the proof that nothing is lost or done twice by it. */
export interface Scenario {
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** It takes too long for `npm test` at any scale. */
  readonly isLongOnly?: boolean;
  /** Longer than this the long run does not wait for it; default: {@link USUAL_LIMIT_MS}. */
  readonly longLimitMs?: number;
  /** Why it cannot be played here; undefined: it can. */
  readonly obstacle?: () => string | undefined;
  readonly play: (context: ScenarioContext) => Promise<ScenarioResult>;
}
