/** One equation: what each coefficient is multiplied by, and what their sum should be. */
export interface Equation {
  readonly factors: readonly number[];
  readonly value: number;
}

const MAX_STEPS = 100_000;
const ENOUGH = 1e-12;

/**
 * The coefficients, none below 0, with the least squares of the relative errors (by
 * coordinates: each in turn is set to its best, which converges for such problems).
 */
export function leastSquares(equations: readonly Equation[]): number[] {
  const weighted = equations.map(({ factors, value }) => {
    const weight = value === 0 ? 1 : 1 / value;
    return { factors: factors.map((factor) => factor * weight), value: value * weight };
  });
  const count = equations[0]?.factors.length ?? 0;
  const coefficients = new Array<number>(count).fill(0);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    let moved = 0;
    for (let index = 0; index < count; index += 1) {
      let over = 0;
      let under = 0;
      for (const { factors, value } of weighted) {
        const own = factors[index] ?? 0;
        const others = factors.reduce(
          (sum, factor, other) =>
            other === index ? sum : sum + factor * (coefficients[other] ?? 0),
          0,
        );
        over += own * (value - others);
        under += own * own;
      }
      const best = under === 0 ? 0 : Math.max(0, over / under);
      const before = coefficients[index] ?? 0;
      moved = Math.max(moved, Math.abs(best - before) / Math.max(best, before, Number.MIN_VALUE));
      coefficients[index] = best;
    }
    if (moved < ENOUGH) break;
  }
  return coefficients;
}
