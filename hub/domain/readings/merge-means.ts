/** A mean of so many values. */
export interface Mean {
  readonly mean: number;
  readonly count: number;
}

/** The mean of both, which always lies between them: no sum can overflow. */
export function mergeMeans(a: Mean, b: Mean): Mean {
  const count = a.count + b.count;
  const mean = a.mean * (a.count / count) + b.mean * (b.count / count);
  const [low, high] = a.mean < b.mean ? [a.mean, b.mean] : [b.mean, a.mean];
  return { mean: Math.min(Math.max(mean, low), high), count };
}
