import type { CancelTimer, Clock } from '#platform/clock.ts';
import { BEAT_EVERY_MS, type Bus, type BusListener } from '../cluster/bus.ts';
import type { Hint } from '../cluster/hint.ts';
import { HintReceiver } from '../cluster/hint-receiver.ts';
import { HintSender } from '../cluster/hint-sender.ts';

/** Hubs of one process hear each other; a hub alone hears nobody. */
export class MemoryBus implements Bus {
  readonly #exchange: MemoryExchange;
  readonly #clock: Clock;
  readonly #sender: HintSender;
  readonly #receiver: HintReceiver;
  #cancelTimer: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: {
    readonly exchange: MemoryExchange;
    readonly from: string;
    readonly clock: Clock;
  }) {
    this.#exchange = deps.exchange;
    this.#clock = deps.clock;
    this.#receiver = new HintReceiver({ ...deps, self: deps.from });
    this.#sender = new HintSender({
      ...deps,
      send: (message) => {
        deps.exchange.deliver(message);
        return Promise.resolve();
      },
    });
  }

  readonly listen = (listener: BusListener): void => this.#receiver.listen(listener);

  readonly hearsOthers = (): boolean => this.#receiver.hearsOthers();

  readonly silenceMs = (hub: string): number => this.#receiver.silenceMs(hub);

  readonly start = async (): Promise<void> => {
    this.#exchange.join(this.#receive);
    await this.#beat();
  };

  readonly publish = (hints: readonly Hint[]): void => this.#sender.publish(hints);

  readonly lost = (): number => this.#sender.lost;

  readonly close = async (): Promise<void> => {
    await this.#sender.close();
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#exchange.leave(this.#receive);
  };

  readonly #receive = (text: string): void => this.#receiver.receive(text);

  async #beat(): Promise<void> {
    if (this.#isClosed) return;
    await this.#sender.beat();
    this.#cancelTimer = this.#clock.after(BEAT_EVERY_MS, () => void this.#beat());
  }
}

/** Where the buses of one process meet. */
export class MemoryExchange {
  readonly #members = new Set<(message: string) => void>();

  join(member: (message: string) => void): void {
    this.#members.add(member);
  }

  leave(member: (message: string) => void): void {
    this.#members.delete(member);
  }

  deliver(message: string): void {
    for (const member of [...this.#members]) member(message);
  }
}
