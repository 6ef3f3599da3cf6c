import { leastSquares } from './least-squares.ts';
import { slowdownOfPool, slowdownOfThread } from './queue.ts';

/** How busy what a command passes through is. */
export interface Busy {
  /** The processors of the hub's machine, and how many there are; so of database and base. */
  readonly hub: Pool;
  readonly database: Pool;
  readonly base: Pool;
  /** The main thread of one hub, and that of the base. */
  readonly hubThread: number;
  readonly baseThread: number;
}

export interface Pool {
  readonly processors: number;
  readonly utilisation: number;
}

/** Of a command's processor time, which part each has. */
export interface PathShares {
  readonly hub: number;
  readonly database: number;
  readonly base: number;
}

/** The median round trip: what waits for no processor, and what does. */
export interface RoundTrip {
  readonly fixedMs: number;
  readonly processorMs: number;
}

/** How many times as long the processor's part of a round trip takes as alone. */
export function slowdownOf(busy: Busy, shares: PathShares): number {
  const pool = ({ processors, utilisation }: Pool): number =>
    slowdownOfPool(processors, utilisation);
  return (
    shares.hub * pool(busy.hub) * slowdownOfThread(busy.hubThread) +
    shares.database * pool(busy.database) +
    shares.base * pool(busy.base) * slowdownOfThread(busy.baseThread)
  );
}

export function fitRoundTrip(
  runs: readonly { readonly slowdown: number; readonly p50Ms: number }[],
): RoundTrip {
  const [fixedMs = 0, processorMs = 0] = leastSquares(
    runs.map(({ slowdown, p50Ms }) => ({ factors: [1, slowdown], value: p50Ms })),
  );
  return { fixedMs, processorMs };
}

export function roundTripMs({ fixedMs, processorMs }: RoundTrip, slowdown: number): number {
  return fixedMs + processorMs * slowdown;
}
