import { z } from 'zod';

type Point = [atMs: number, mean: number];

/**
 * The points of a sparkline as one schema: a snapshot has thousands, and validating
 * them one by one took longer than everything else.
 */
export const SparklinePoints = z.custom<Point[]>(
  (value) => Array.isArray(value) && value.every(isPoint),
  'no points',
);

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
