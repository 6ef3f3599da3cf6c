import { percentilesOf } from '../bench/latencies.ts';

/** Latencies in one sentence. */
export function percentileNote(name: string, latenciesMs: readonly number[]): string {
  const { count, p50Ms, p99Ms } = percentilesOf(latenciesMs);
  return `${name}: ${count} commands, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
}
