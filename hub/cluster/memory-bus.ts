import type { Clock } from '#platform/clock.ts';
import type { Bus, HintListener } from './bus.ts';
import { parseMessage } from './envelope.ts';
import type { Hint } from './hint.ts';
import { HintSender } from './hint-sender.ts';

/** Hubs of one process hear each other; a hub alone hears nobody. */
export class MemoryBus implements Bus {
  readonly #exchange: MemoryExchange;
  readonly #from: string;
  readonly #sender: HintSender;
  readonly #listeners: HintListener[] = [];

  constructor(deps: {
    readonly exchange: MemoryExchange;
    readonly from: string;
    readonly clock: Clock;
  }) {
    this.#exchange = deps.exchange;
    this.#from = deps.from;
    this.#sender = new HintSender({
      ...deps,
      send: (message) => {
        deps.exchange.deliver(message);
        return Promise.resolve();
      },
    });
  }

  readonly listen = (listener: HintListener): void => {
    this.#listeners.push(listener);
  };

  readonly start = (): Promise<void> => {
    this.#exchange.join(this.#hear);
    return Promise.resolve();
  };

  readonly publish = (hints: readonly Hint[]): void => {
    // A hub alone has nobody to tell.
    if (this.#exchange.size > 1) this.#sender.publish(hints);
  };

  readonly isAlive = (): boolean => true;

  readonly lost = (): number => this.#sender.lost;

  readonly close = async (): Promise<void> => {
    await this.#sender.close();
    this.#exchange.leave(this.#hear);
  };

  readonly #hear = (text: string): void => {
    const message = parseMessage(text);
    if (!message || message.from === this.#from) return;
    for (const listener of this.#listeners) listener(message.hints);
  };
}

/** Where the buses of one process meet. */
export class MemoryExchange {
  readonly #members = new Set<(message: string) => void>();

  get size(): number {
    return this.#members.size;
  }

  join(member: (message: string) => void): void {
    this.#members.add(member);
  }

  leave(member: (message: string) => void): void {
    this.#members.delete(member);
  }

  deliver(message: string): void {
    for (const member of this.#members) member(message);
  }
}
