/**
 * How long properties are tried. `SIGNALBOX_PROPERTY_RUNS=20` makes twenty times
 * as many runs as `npm test` does, and 0.25 a quarter; `SIGNALBOX_PROPERTY_SEED=<seed>:<path>`
 * (both are in the message of a failure) makes one of them again.
 */
export interface PropertyRuns {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
  readonly endOnFailure?: boolean;
}

const wanted = Number(process.env['SIGNALBOX_PROPERTY_RUNS']);
const factor = wanted > 0 ? wanted : 1;
const [seed, ...path] = (process.env['SIGNALBOX_PROPERTY_SEED'] ?? '').split(':');

/** @param ordinary runs that `npm test` has the time for. */
export function propertyRuns(ordinary: number): PropertyRuns {
  if (seed !== undefined && seed !== '') {
    return { numRuns: 1, seed: Number(seed), path: path.join(':'), endOnFailure: true };
  }
  return { numRuns: Math.ceil(ordinary * factor) };
}

/** For long runs of property tests; shrinking takes time as well. */
export const PROPERTY_TIMEOUT_MS = 60_000 * Math.max(1, factor);
