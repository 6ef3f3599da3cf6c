import type { CancelTimer, Clock } from '#platform/clock.ts';
import { GATHER_MS, MAX_WAITING } from './bus.ts';
import { messageOf, packed, withoutRepeats } from './envelope.ts';
import type { Hint } from './hint.ts';

export interface HintSenderDeps {
  readonly from: string;
  readonly clock: Clock;
  /** Rejects when it could not be sent: then it is lost. */
  readonly send: (message: string) => Promise<unknown>;
}

/** Gathers hints for some milliseconds, and sends one message after the other. */
export class HintSender {
  readonly #deps: HintSenderDeps;
  #waiting: Hint[] = [];
  #lost = 0;
  #number = 0;
  #cancelTimer: CancelTimer | undefined;
  #sending: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: HintSenderDeps) {
    this.#deps = deps;
  }

  get lost(): number {
    return this.#lost;
  }

  publish(hints: readonly Hint[]): void {
    if (this.#isClosed) return;
    const room = MAX_WAITING - this.#waiting.length;
    this.#waiting.push(...hints.slice(0, room));
    const lost = Math.max(0, hints.length - room);
    this.#lost += lost;
    if (lost > 0) this.#number += 1;
    this.#schedule();
  }

  /** A message without hints, by which each side sees that the way is open. */
  async beat(): Promise<void> {
    await this.#send([]);
  }

  async close(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await this.#sending;
    await this.#flush();
    this.#isClosed = true;
  }

  #schedule(): void {
    if (this.#cancelTimer || this.#sending || this.#waiting.length === 0) return;
    this.#cancelTimer = this.#deps.clock.after(GATHER_MS, () => {
      this.#cancelTimer = undefined;
      this.#sending = this.#flush().finally(() => {
        this.#sending = undefined;
        this.#schedule();
      });
    });
  }

  async #flush(): Promise<void> {
    const hints = withoutRepeats(this.#waiting);
    this.#waiting = [];
    const { messages, tooLarge } = packed(hints);
    this.#lost += tooLarge;
    // The others see by the number that something is missing.
    if (tooLarge > 0) this.#number += 1;
    for (const message of messages) await this.#send(message);
  }

  async #send(hints: readonly string[]): Promise<void> {
    this.#number += 1;
    try {
      await this.#deps.send(messageOf(this.#deps.from, this.#number, hints));
    } catch {
      this.#lost += hints.length;
    }
  }
}
