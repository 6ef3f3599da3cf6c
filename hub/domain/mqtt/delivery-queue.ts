import type { SiteId } from '#protocol/ids.ts';
import { QOS } from '../../kernel/mqtt-message.ts';
import type { QueuedKey } from '../../store/mqtt-queues.ts';
import type { Delivery, DeliverySink, DeliveryTracker } from './delivery.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';
import { keyOf, WaitingDeliveries } from './waiting-deliveries.ts';

export interface DeliveryQueueDeps {
  readonly sink: DeliverySink;
  /** Unacknowledged messages at a time. */
  readonly window: number;
  /** Called when it is sent: whether rights and expiry still allow it. */
  readonly mayDeliver: (delivery: Delivery) => boolean;
  /** The client has it, or will never be sent it. */
  readonly settled: (row: QueuedKey) => void;
  readonly dropped: (count: number) => void;
}

const MAX_PACKET_ID = 65_535;

/** What waits for one connected client, and what it has not acknowledged: both bounded. */
export class DeliveryQueue {
  readonly #deps: DeliveryQueueDeps;
  readonly #waiting: WaitingDeliveries;
  readonly #inFlight = new Map<number, Delivery>();
  /** The last of each site that was here: rows come in their order. */
  readonly #lastSeq = new Map<SiteId, number>();
  #nextId = 1;
  #isPaused = false;
  #isClosed = false;
  #wakeWriter: (() => void) | undefined;

  constructor(deps: DeliveryQueueDeps) {
    this.#deps = deps;
    this.#waiting = new WaitingDeliveries({ dropped: deps.dropped, shrunk: () => this.#shrunk() });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Nothing is sent until it is resumed: its rights are being looked up. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isClosed) return;
    this.#isPaused = false;
    this.pump();
  }

  /** At the start: what waited before this connection, in front of whatever has come since. */
  fill(kept: readonly (Delivery & { readonly row: QueuedKey })[]): void {
    const since = this.#waiting.clear();
    const keys = new Set(kept.map(({ row }) => keyOf(row)));
    for (const one of kept) {
      this.push(one);
      const { site, seq } = one.row;
      this.#lastSeq.set(site, Math.max(seq, this.#lastSeq.get(site) ?? 0));
    }
    for (const one of since) if (!one.row || !keys.has(keyOf(one.row))) this.push(one);
  }

  /**
   * One of the stored messages, which come in their order: an earlier one was here already, and
   * the client may have it by now.
   */
  pushStored(delivery: Delivery & { readonly row: QueuedKey }): void {
    const { site, seq } = delivery.row;
    if (seq <= (this.#lastSeq.get(site) ?? 0)) return;
    this.#lastSeq.set(site, seq);
    this.push(delivery);
  }

  push(delivery: Delivery): void {
    this.#waiting.push(delivery);
  }

  /** Resolves when half of the queue is free: false if the connection has ended before. */
  async hasRoom(): Promise<boolean> {
    while (!this.#isClosed && this.waiting > MQTT_LIMITS.queuedMessages / 2) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
    return !this.#isClosed;
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#isPaused = true;
    this.#wakeWriter?.();
  }

  /** The queue in the database had no room for it any more. */
  dropRow(row: QueuedKey): void {
    this.#waiting.removeRow(row);
  }

  /** @returns whether it was still here, and will not be sent. */
  withdraw(tracker: DeliveryTracker): boolean {
    return this.#waiting.removeTracked(tracker);
  }

  pump(): void {
    const { sink, window } = this.#deps;
    while (!this.#isPaused && sink.isReady()) {
      const delivery = this.#waiting.first;
      if (!delivery) break;
      if (delivery.qos > 0 && this.#inFlight.size >= window) break;
      const packetId = delivery.qos === 0 ? 0 : this.#packetIdFor(delivery);
      if (packetId === undefined) break;
      this.#waiting.shift();
      this.#send(delivery, packetId);
    }
  }

  /** PUBACK. */
  acknowledged(packetId: number, isRefused = false): void {
    const delivery = this.#inFlight.get(packetId);
    if (delivery?.qos !== QOS.atLeastOnce) return;
    this.#settle(packetId, delivery);
    delivery.tracker?.acknowledged(isRefused);
  }

  /** PUBREC: what is to be released; undefined: no such message is in flight. */
  received(packetId: number): Delivery | undefined {
    const delivery = this.#inFlight.get(packetId);
    return delivery?.qos === QOS.exactlyOnce ? delivery : undefined;
  }

  /** PUBREC with an error: it ends here. */
  refused(packetId: number): void {
    const delivery = this.#inFlight.get(packetId);
    if (delivery?.qos === QOS.exactlyOnce) this.#settle(packetId, delivery);
  }

  /** PUBCOMP. */
  completed(packetId: number): void {
    const delivery = this.#inFlight.get(packetId);
    if (delivery?.qos === QOS.exactlyOnce) this.#settle(packetId, delivery);
  }

  #send(delivery: Delivery, packetId: number): void {
    const { sink, mayDeliver } = this.#deps;
    if (delivery.isReleased) {
      this.#inFlight.set(packetId, delivery);
      sink.release(packetId);
      return;
    }
    if (!mayDeliver(delivery)) {
      this.#forget(delivery);
      delivery.tracker?.dropped('unwanted');
      return;
    }
    if (packetId !== 0) this.#inFlight.set(packetId, delivery);
    const isDuplicate = packetId !== 0 && delivery.mayBeSent === true;
    if (sink.publish({ delivery, packetId, isDuplicate })) {
      if (packetId === 0) this.#forget(delivery);
      delivery.tracker?.written();
      return;
    }
    this.#inFlight.delete(packetId);
    this.#forget(delivery);
    delivery.tracker?.dropped('too_large');
    this.#deps.dropped(1);
  }

  /**
   * A message that is kept has the same id on each connection, since the client knows it by
   * that: made of its number, so that nothing needs to be stored before it is sent.
   */
  #packetIdFor({ row }: Delivery): number | undefined {
    if (row) {
      const id = (row.seq % MAX_PACKET_ID) + 1;
      return this.#inFlight.has(id) ? undefined : id;
    }
    while (this.#inFlight.has(this.#nextId)) this.#nextId = (this.#nextId % MAX_PACKET_ID) + 1;
    const id = this.#nextId;
    this.#nextId = (id % MAX_PACKET_ID) + 1;
    return id;
  }

  #settle(packetId: number, delivery: Delivery): void {
    this.#inFlight.delete(packetId);
    this.#forget(delivery);
    this.pump();
  }

  #forget({ row }: Delivery): void {
    if (!row) return;
    this.#waiting.forget(row);
    this.#deps.settled(row);
  }

  #shrunk(): void {
    if (this.waiting <= MQTT_LIMITS.queuedMessages / 2) this.#wakeWriter?.();
  }
}
