import type { Bucket } from '../../store/readings.ts';
import { mergeMeans } from './merge-means.ts';

/** Readings of both in one bucket, which begins with the earlier of them. */
function mergeBuckets(a: Bucket, b: Bucket): Bucket {
  // Of one moment, the reading that came later counts.
  const [last, lastAtMs] = b.lastAtMs >= a.lastAtMs ? [b.last, b.lastAtMs] : [a.last, a.lastAtMs];
  return {
    at: Math.min(a.at, b.at),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    last,
    lastAtMs,
    ...mergeMeans(a, b),
  };
}

/** Buckets of a longer span from shorter ones, which are in order. */
export function toLongerBuckets(buckets: readonly Bucket[], spanMs: number): Bucket[] {
  const longer: Bucket[] = [];
  for (const bucket of buckets) {
    addBucket(longer, { ...bucket, at: Math.floor(bucket.at / spanMs) * spanMs });
  }
  return longer;
}

/** A bucket after others: what belongs to the last of them joins it. */
export function addBucket(buckets: Bucket[], bucket: Bucket): void {
  const last = buckets.at(-1);
  if (last?.at !== bucket.at) buckets.push(bucket);
  else buckets[buckets.length - 1] = mergeBuckets(last, bucket);
}
