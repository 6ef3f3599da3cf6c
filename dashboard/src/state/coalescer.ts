import type { Clock } from '#client/clock.ts';

interface CoalescerDeps<V> {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Sends one value; must not reject. The next one waits for it, so that the order holds. */
  readonly send: (value: V) => Promise<void>;
}

/**
 * Thins out the stream of a dragged control: the first value is sent at once, then at
 * most one per interval and one in flight; the last value is always sent.
 */
export class Coalescer<V> {
  readonly #deps: CoalescerDeps<V>;
  #next: { readonly value: V } | undefined;
  #sending = false;
  #cancelPause: (() => void) | undefined;

  constructor(deps: CoalescerDeps<V>) {
    this.#deps = deps;
  }

  push(value: V): void {
    this.#next = { value };
    this.#advance();
  }

  close(): void {
    this.#next = undefined;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  #advance(): void {
    if (!this.#next || this.#sending || this.#cancelPause) return;
    const { value } = this.#next;
    this.#next = undefined;
    this.#sending = true;
    this.#cancelPause = this.#deps.clock.after(this.#deps.intervalMs, () => {
      this.#cancelPause = undefined;
      this.#advance();
    });
    void this.#deps.send(value).finally(() => {
      this.#sending = false;
      this.#advance();
    });
  }
}
