/** Erlang's C: how likely an arrival finds all servers of M/M/c at work. */
export function waitingShare(servers: number, utilisation: number): number {
  if (utilisation >= 1) return 1;
  const offered = servers * utilisation;
  // Erlang's B by its recursion, which does not overflow.
  let blocked = 1;
  for (let count = 1; count <= servers; count += 1) {
    blocked = (offered * blocked) / (count + offered * blocked);
  }
  return blocked / (1 - utilisation * (1 - blocked));
}

/**
 * How many times as long a piece of work takes as alone, on processors that are shared in
 * turns and used to this share (M/M/c; with turns, the spread of the work does not matter).
 */
export function slowdownOfPool(servers: number, utilisation: number): number {
  if (utilisation >= 1) return Infinity;
  return 1 + waitingShare(servers, utilisation) / (servers * (1 - utilisation));
}

/**
 * The same for one thread that does a piece of work to its end before the next (M/G/1, by
 * Pollaczek and Khinchin).
 *
 * @param spread variance of the work over the square of its mean; 1: exponential.
 */
export function slowdownOfThread(utilisation: number, spread = 1): number {
  if (utilisation >= 1) return Infinity;
  return 1 + (utilisation * (1 + spread)) / (2 * (1 - utilisation));
}

/** Gatherings a second that these arrivals make, if each waits this long for more. */
export function gathers(perSecond: number, windowMs: number): number {
  return perSecond / (1 + (perSecond * windowMs) / 1_000);
}
