/** Ratios of alternating rounds: the median, and their spread. */
export interface Ratios {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export function ratiosOf(over: readonly number[], under: readonly number[]): Ratios {
  const sorted = over
    .map((value, index) => value / (under[index] ?? Number.NaN))
    .toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
  return {
    median,
    lowest: sorted[0] ?? Number.NaN,
    highest: sorted.at(-1) ?? Number.NaN,
  };
}
