import type { CommandId } from '#protocol/ids.ts';
import type { Clock, Timer } from '../clock.ts';

/** HTTP calls that may hang on for an end at once; more are answered at once. */
const MAX_WAITERS = 1_000;

interface Waiter {
  readonly timer: Timer;
  readonly wake: () => void;
}

/** Calls that wait for the end of a command (`Prefer: wait`). */
export class CommandWaiters {
  readonly #clock: Clock;
  readonly #waiters = new Map<CommandId, Set<Waiter>>();
  #count = 0;

  constructor(deps: { readonly clock: Clock }) {
    this.#clock = deps.clock;
  }

  /** Calls that wait now. */
  get size(): number {
    return this.#count;
  }

  /**
   * Resolves when the command ended, when the time is over, or at once when too many wait.
   *
   * @param gone whoever waits has gone, and waits no longer.
   */
  async wait(id: CommandId, timeoutMs: number, gone?: AbortSignal): Promise<void> {
    if (this.#count >= MAX_WAITERS || gone?.aborted) return;
    await new Promise<void>((resolve) => {
      const remove = (): void => {
        const waiting = this.#waiters.get(id);
        if (!waiting?.delete(waiter)) return;
        this.#count -= 1;
        if (waiting.size === 0) this.#waiters.delete(id);
        waiter.timer.cancel();
        gone?.removeEventListener('abort', remove);
        resolve();
      };
      const waiter: Waiter = { timer: this.#clock.after(timeoutMs, remove), wake: remove };
      const waiting = this.#waiters.get(id) ?? new Set();
      this.#waiters.set(id, waiting.add(waiter));
      this.#count += 1;
      gone?.addEventListener('abort', remove, { once: true });
    });
  }

  ended(id: CommandId): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) waiter.wake();
  }

  close(): void {
    for (const id of [...this.#waiters.keys()]) this.ended(id);
  }
}
