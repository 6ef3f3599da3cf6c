import { z } from 'zod';

type Point = [atMs: number, mean: number];

/**
 * The points of a sparkline as a schema that looks at them in one go: a snapshot has
 * thousands, and one by one they took longer than all the rest of it.
 */
export const SparklinePoints = z.custom<Point[]>(
  (value) => Array.isArray(value) && value.every(isPoint),
  'no points',
);

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
