import type { Clock } from '#platform/clock.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { BusListener } from './bus.ts';
import { parseMessage } from './envelope.ts';

/** Runs of hubs that are remembered: each restart is another. */
const MAX_SENDERS = 1_000;

/** Longer than a lease: whoever is silent for so long is on no record either. */
const OTHERS_GONE_MS = 15_000;

interface Sender {
  readonly number: number;
  readonly heardMs: number;
}

/** Hands on what others say, and notices what was lost of it. */
export class HintReceiver {
  readonly #clock: Clock;
  readonly #self: string;
  readonly #listeners: BusListener[] = [];
  #othersHeardMs = -Infinity;
  readonly #senders = new LruCache<string, Sender>(MAX_SENDERS);

  constructor(deps: { readonly clock: Clock; readonly self: string }) {
    this.#clock = deps.clock;
    this.#self = deps.self;
  }

  readonly listen = (listener: BusListener): void => {
    this.#listeners.push(listener);
  };

  readonly silenceMs = (hub: string): number => {
    const heardMs = this.#senders.peek(hub)?.heardMs;
    return heardMs === undefined ? Infinity : this.#clock.monotonicMs() - heardMs;
  };

  readonly hearsOthers = (): boolean =>
    this.#clock.monotonicMs() - this.#othersHeardMs < OTHERS_GONE_MS;

  receive(text: string): void {
    const message = parseMessage(text);
    if (!message) return;
    const { from, number, hints } = message;
    const before = this.#senders.get(from);
    this.#senders.set(from, { number, heardMs: this.#clock.monotonicMs() });
    if (from === this.#self) return;
    this.#othersHeardMs = this.#clock.monotonicMs();
    // Of one that was never heard, what it said before cannot be known to be missing.
    const isNext = before === undefined || number === before.number + 1;
    if (!isNext) for (const { missed } of this.#listeners) missed();
    if (hints.length === 0) return;
    for (const { heard } of this.#listeners) heard(hints);
  }
}
