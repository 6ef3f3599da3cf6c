import { setTimeout as sleep } from 'node:timers/promises';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { Random } from './random.ts';
import { type Scenario, type ScenarioResult, USUAL_LIMIT_MS } from './scenario.ts';

export type Played =
  | { readonly kind: 'played'; readonly result: ScenarioResult; readonly durationMs: number }
  | { readonly kind: 'skipped'; readonly reason: string };

export interface PlayOptions {
  readonly seed: number;
  readonly isLong: boolean;
  /** Default: 1. */
  readonly scale?: number;
  readonly say: (line: string) => void;
}

const CLEANUP_LIMIT_MS = 30_000;

/**
 * Runs one scenario and cleans up after it. One that fails or does not end is a violation too,
 * and does not hold up the next one.
 */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const reason = scenario.obstacle?.();
  if (reason !== undefined) return { kind: 'skipped', reason };
  const cleanup = new CleanupStack();
  const startedAtMs = performance.now();
  const random = new Random(options.seed).of(scenario.name);
  const { isLong, scale = 1, say } = options;
  const limitMs = isLong ? (scenario.longLimitMs ?? USUAL_LIMIT_MS) : USUAL_LIMIT_MS;
  const result = await brokenOff(
    within(limitMs, scenario.play({ random, isLong, scale, say, cleanup })),
  );
  const durationMs = performance.now() - startedAtMs;
  const cleared = await brokenOff(
    within(CLEANUP_LIMIT_MS, cleanup.run()).then(() => ({ notes: [], violations: [] })),
  );
  const violations = [...result.violations, ...cleared.violations];
  return { kind: 'played', result: { ...result, violations }, durationMs };
}

/** @throws Error when it takes longer. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`not at its end after ${limitMs / 1_000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

async function brokenOff(result: Promise<ScenarioResult>): Promise<ScenarioResult> {
  try {
    return await result;
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { notes: [], violations: [`it broke off: ${stack}${causeOf(error)}`] };
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return '';
  return `\nbecause: ${error.cause.message}`;
}
