import type { LogEntry } from './log-line.ts';

/** Waits for entries in the programs' logs. */
export class LogWatch {
  readonly #waiters = new Set<(source: string, entry: LogEntry) => void>();

  see(source: string, entry: LogEntry): void {
    for (const waiter of this.#waiters) waiter(source, entry);
  }

  /**
   * The next entry of a program that fits, or undefined when the time is over
   * or the wait is called off.
   */
  next(
    wanted: { readonly source: string; readonly fits: (entry: LogEntry) => boolean },
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<LogEntry | undefined> {
    return new Promise((resolve) => {
      const finish = (entry: LogEntry | undefined): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', callOff);
        this.#waiters.delete(waiter);
        resolve(entry);
      };
      const callOff = (): void => finish(undefined);
      const waiter = (source: string, entry: LogEntry): void => {
        if (source === wanted.source && wanted.fits(entry)) finish(entry);
      };
      const timer = setTimeout(callOff, timeoutMs);
      signal.addEventListener('abort', callOff, { once: true });
      this.#waiters.add(waiter);
      if (signal.aborted) callOff();
    });
  }
}
