/**
 * Work that ends within `totalMs` in any case: timeouts between two pieces never end an
 * answer that drips.
 *
 * @param work gives up when its signal aborts
 */
export async function withDeadline<T>(
  totalMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error(`no complete answer within ${totalMs} ms`));
  }, totalMs);
  try {
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
  }
}
