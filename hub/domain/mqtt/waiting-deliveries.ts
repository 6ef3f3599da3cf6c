import type { QueuedKey } from '../../store/mqtt-queues.ts';
import type { Delivery, DeliveryTracker } from './delivery.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';

/** A message that is larger than a queue is still delivered. */
const LARGEST = MQTT_LIMITS.packetBytes;
/** Places before the first one that are kept until they are most of the list. */
const FREE_PLACES = 64;

/** Names a stored message of one session. */
export function keyOf({ site, seq }: QueuedKey): string {
  return `${site} ${seq}`;
}

export interface WaitingDeliveriesDeps {
  /** Messages were dropped that are stored nowhere. */
  readonly dropped: (count: number) => void;
  /** There is room for more. */
  readonly shrunk: () => void;
}

/**
 * What waits for one client, first in, first out. When it is full, the oldest of what is stored
 * nowhere makes room; what is stored, its queue in the database bounds.
 */
export class WaitingDeliveries {
  readonly #deps: WaitingDeliveriesDeps;
  #list: Delivery[] = [];
  /** The place of the first: those before it are free. */
  #head = 0;
  #bytes = 0;
  /** Stored messages that wait here, or are in flight. */
  readonly #known = new Set<string>();

  constructor(deps: WaitingDeliveriesDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#list.length - this.#head;
  }

  get first(): Delivery | undefined {
    return this.#list[this.#head];
  }

  /** Does nothing for a stored message that is here already. */
  push(delivery: Delivery): void {
    if (delivery.row) {
      const key = keyOf(delivery.row);
      if (this.#known.has(key)) return;
      this.#known.add(key);
    }
    this.#list.push(delivery);
    this.#bytes += delivery.bytes;
    this.#dropSurplus();
  }

  /** The first leaves; a stored message stays known until it is forgotten. */
  shift(): Delivery | undefined {
    const delivery = this.#list[this.#head];
    this.#head += 1;
    if (delivery) this.#bytes -= delivery.bytes;
    this.#deps.shrunk();
    if (this.#head > FREE_PLACES && this.#head * 2 > this.#list.length) {
      this.#list = this.#list.slice(this.#head);
      this.#head = 0;
    }
    return delivery;
  }

  /** It is stored no more. */
  forget(row: QueuedKey): void {
    this.#known.delete(keyOf(row));
  }

  removeRow(row: QueuedKey): void {
    const key = keyOf(row);
    if (!this.#known.has(key)) return;
    this.#remove((one) => one.row !== undefined && keyOf(one.row) === key);
  }

  /** @returns whether it was here. */
  removeTracked(tracker: DeliveryTracker): boolean {
    return this.#remove((one) => one.tracker === tracker);
  }

  /** @returns all that waited. */
  clear(): Delivery[] {
    const waiting = this.#list.slice(this.#head);
    this.#list = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#known.clear();
    return waiting;
  }

  #dropSurplus(): void {
    const { queuedMessages, queuedBytes } = MQTT_LIMITS;
    // Another hub may be the one that bounds the queue in the database: it had room for half.
    while (this.size > 2 * queuedMessages || this.#bytes > 2 * queuedBytes + LARGEST) {
      this.#removeAt(this.#head);
    }
    while (this.size > queuedMessages || this.#bytes > queuedBytes) {
      if (!this.#remove((one) => one.row === undefined && one.tracker === undefined)) return;
      this.#deps.dropped(1);
    }
  }

  /** Removes the first that fits. */
  #remove(fits: (delivery: Delivery) => boolean): boolean {
    const index = this.#list.findIndex((one, place) => place >= this.#head && fits(one));
    if (index === -1) return false;
    this.#removeAt(index);
    return true;
  }

  #removeAt(index: number): void {
    if (index === this.#head) {
      const first = this.shift();
      if (first?.row) this.forget(first.row);
      return;
    }
    const [gone] = this.#list.splice(index, 1);
    if (!gone) return;
    this.#bytes -= gone.bytes;
    if (gone.row) this.forget(gone.row);
  }
}
