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

  /** Resolves when the command ended, when the time is over, or at once when too many wait. */
  async wait(id: CommandId, timeoutMs: number): Promise<void> {
    if (this.#count >= MAX_WAITERS) return;
    await new Promise<void>((resolve) => {
      const remove = (): void => {
        const waiting = this.#waiters.get(id);
        if (!waiting?.delete(waiter)) return;
        this.#count -= 1;
        if (waiting.size === 0) this.#waiters.delete(id);
        waiter.timer.cancel();
        resolve();
      };
      const waiter: Waiter = { timer: this.#clock.after(timeoutMs, remove), wake: remove };
      const waiting = this.#waiters.get(id) ?? new Set();
      this.#waiters.set(id, waiting.add(waiter));
      this.#count += 1;
    });
  }

  ended(id: CommandId): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) waiter.wake();
  }

  close(): void {
    for (const id of [...this.#waiters.keys()]) this.ended(id);
  }
}
