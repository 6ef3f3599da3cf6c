import { CleanupStack } from '../harness/cleanup.ts';
import { Random } from './random.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';

export type Played =
  | { readonly kind: 'played'; readonly result: ScenarioResult; readonly tookMs: number }
  | { readonly kind: 'skipped'; readonly reason: string };

export interface PlayOptions {
  readonly seed: number;
  readonly isLong: boolean;
  readonly say: (line: string) => void;
}

/** Plays one scenario and clears up after it. One that breaks off is a violation too. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const reason = scenario.obstacle?.();
  if (reason !== undefined) return { kind: 'skipped', reason };
  const cleanup = new CleanupStack();
  const startedAtMs = performance.now();
  const random = new Random(options.seed).of(scenario.name);
  let result: ScenarioResult;
  try {
    const { isLong, say } = options;
    result = await scenario.play({ random, isLong, say, cleanup });
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    result = { notes: [], violations: [`it broke off: ${stack}${causeOf(error)}`] };
  } finally {
    await cleanup.run();
  }
  return { kind: 'played', result, tookMs: performance.now() - startedAtMs };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return '';
  return `\nbecause: ${error.cause.message}`;
}
