export interface Percentiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Percentiles by the nearest rank. */
export function percentilesOf(latenciesMs: readonly number[]): Percentiles {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const rank = (share: number): number =>
    sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return {
    count: sorted.length,
    p50Ms: rank(0.5),
    p95Ms: rank(0.95),
    p99Ms: rank(0.99),
    maxMs: rank(1),
  };
}

export interface Load {
  readonly inFlight: number;
  readonly count: number;
  /** One round trip in the given slot. */
  readonly roundTrip: (slot: number) => Promise<void>;
}

/** Makes so many round trips, so many at a time, and forgets them. */
export async function warmUp(count: number, load: Omit<Load, 'count'>): Promise<void> {
  await measure({ ...load, count });
}

/** Makes so many round trips, so many at a time; how long each took. */
export async function measure({ inFlight, count, roundTrip }: Load): Promise<number[]> {
  const latencies: number[] = [];
  let begun = 0;
  const worker = async (slot: number): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const startMs = performance.now();
      await roundTrip(slot);
      latencies.push(performance.now() - startMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, slot) => worker(slot)));
  return latencies;
}
