import type { CommandId } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FairSlots } from '#platform/sharing/fair-slots.ts';

/**
 * HTTP calls that may wait for an end at once, shared fairly between callers; further
 * ones are answered at once with the current state.
 */
const MAX_WAITERS = 1_000;

interface Waiter {
  readonly cancelTimer: CancelTimer;
  readonly wake: () => void;
}

export interface CommandWait {
  readonly timeoutMs: number;
  /** The owner of the place. */
  readonly by: string;
  /** The client has gone; its wait ends. */
  readonly gone?: AbortSignal | undefined;
}

/** Calls that wait for the end of a command (`Prefer: wait`). */
export class CommandWaiters {
  readonly #clock: Clock;
  readonly #waiters = new Map<CommandId, Set<Waiter>>();
  readonly #slots: FairSlots;
  #isClosed = false;

  constructor(deps: { readonly clock: Clock; readonly maxWaiters?: number }) {
    this.#clock = deps.clock;
    this.#slots = new FairSlots({ total: deps.maxWaiters ?? MAX_WAITERS });
  }

  /** Calls that wait now. */
  get size(): number {
    return this.#slots.size;
  }

  /**
   * Resolves when the command ended, when the time is over, or when others with fewer
   * waits need the place.
   */
  async wait(id: CommandId, { timeoutMs, by, gone }: CommandWait): Promise<void> {
    if (gone?.aborted || this.#isClosed) return;
    let giveWay = (): void => undefined;
    const release = this.#slots.acquire([by], () => giveWay());
    if (!release) return;
    await new Promise<void>((resolve) => {
      const remove = (): void => {
        const waiting = this.#waiters.get(id);
        if (!waiting?.delete(waiter)) return;
        release();
        if (waiting.size === 0) this.#waiters.delete(id);
        waiter.cancelTimer();
        gone?.removeEventListener('abort', remove);
        resolve();
      };
      const waiter: Waiter = { cancelTimer: this.#clock.after(timeoutMs, remove), wake: remove };
      giveWay = remove;
      const waiting = this.#waiters.get(id) ?? new Set();
      this.#waiters.set(id, waiting.add(waiter));
      gone?.addEventListener('abort', remove, { once: true });
    });
  }

  /** Commands that somebody waits for. */
  get commands(): readonly CommandId[] {
    return [...this.#waiters.keys()];
  }

  ended(id: CommandId): void {
    for (const waiter of [...(this.#waiters.get(id) ?? [])]) waiter.wake();
  }

  /** All are answered with what is known now, and so are those to come. */
  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#waiters.keys()]) this.ended(id);
  }
}
