import type { SiteId } from '#protocol/ids.ts';
import { QOS, type Qos } from '../../kernel/mqtt-message.ts';
import type { QueuedKey } from '../../store/mqtt-queues.ts';
import type { MessageRecord } from '../../store/mqtt-messages.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';

/** A message on its way to one client. */
export interface Delivery {
  readonly message: MessageRecord;
  readonly qos: Qos;
  readonly retain: boolean;
  /** What the client's own names leave away. */
  readonly prefix: string;
  readonly identifiers: readonly number[];
  readonly bytes: number;
  /** Where it is kept until the client has it; undefined: only here. */
  readonly row?: QueuedKey;
  /** It may have been sent on an earlier connection. */
  readonly mayBeSent?: boolean;
  /** The client has it, and waits for the release of its packet id. */
  readonly isReleased?: boolean;
  /** Somebody wants to know what becomes of it; it is never dropped in favour of others. */
  readonly tracker?: DeliveryTracker;
}

/** Hears what becomes of one message; nothing any more once its connection has ended. */
export interface DeliveryTracker {
  /** It was written to the connection. */
  readonly written: () => void;
  /** PUBACK; refused: with an error. */
  readonly acknowledged: (isRefused: boolean) => void;
  /** It was not written, and never will be: it is too late, or too large for the client. */
  readonly dropped: (why: 'unwanted' | 'too_large') => void;
}

export interface OutgoingPublish {
  readonly delivery: Delivery;
  /** 0 for QoS 0. */
  readonly packetId: number;
  readonly isDuplicate: boolean;
}

/** The way to the client. */
export interface DeliverySink {
  /** Whether it accepts more now; if not, it pumps the queue when it does. */
  readonly isReady: () => boolean;
  /** False: the client cannot be sent this one, which is too large for it. */
  readonly publish: (publish: OutgoingPublish) => boolean;
  readonly release: (packetId: number) => void;
}

export interface DeliveryQueueDeps {
  readonly sink: DeliverySink;
  /** Unacknowledged messages at a time. */
  readonly window: number;
  /** Asked when it is sent: rights and expiry. */
  readonly mayDeliver: (delivery: Delivery) => boolean;
  /** The client has it, or will never be sent it. */
  readonly settled: (row: QueuedKey) => void;
  readonly dropped: (count: number) => void;
}

const MAX_PACKET_ID = 65_535;
/** A message that is larger than a queue is still delivered. */
const LARGEST = MQTT_LIMITS.packetBytes;
const keyOf = ({ site, seq }: QueuedKey): string => `${site} ${seq}`;

/** What waits for one connected client, and what it has not acknowledged: both bounded. */
export class DeliveryQueue {
  readonly #deps: DeliveryQueueDeps;
  #waiting: Delivery[] = [];
  #head = 0;
  #waitingBytes = 0;
  readonly #inFlight = new Map<number, Delivery>();
  /** Rows that are here already. */
  readonly #known = new Set<string>();
  /** The last of each site that was here: rows come in their order. */
  readonly #lastSeq = new Map<SiteId, number>();
  #nextId = 1;
  #isPaused = false;
  #isClosed = false;
  #wakeWriter: (() => void) | undefined;

  constructor(deps: DeliveryQueueDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#waiting.length - this.#head;
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
    const since = this.#waiting.slice(this.#head);
    const keys = new Set(kept.map(({ row }) => keyOf(row)));
    this.#waiting = [];
    this.#head = 0;
    this.#waitingBytes = 0;
    this.#known.clear();
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
    if (delivery.row) {
      const key = keyOf(delivery.row);
      if (this.#known.has(key)) return;
      this.#known.add(key);
    }
    this.#waiting.push(delivery);
    this.#waitingBytes += delivery.bytes;
    this.#dropSurplus();
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
    const key = keyOf(row);
    if (!this.#known.has(key)) return;
    const index = this.#waiting.findIndex(
      (one, place) => place >= this.#head && one.row !== undefined && keyOf(one.row) === key,
    );
    if (index !== -1) this.#removeAt(index);
  }

  /** @returns whether it was still here, and will not be sent. */
  withdraw(tracker: DeliveryTracker): boolean {
    const index = this.#waiting.findIndex(
      (one, place) => place >= this.#head && one.tracker === tracker,
    );
    if (index === -1) return false;
    this.#removeAt(index);
    return true;
  }

  pump(): void {
    const { sink, window } = this.#deps;
    while (!this.#isPaused && this.#head < this.#waiting.length && sink.isReady()) {
      const delivery = this.#waiting[this.#head];
      if (!delivery) break;
      if (delivery.qos > 0 && this.#inFlight.size >= window) break;
      const packetId = delivery.qos === 0 ? 0 : this.#packetIdFor(delivery);
      if (packetId === undefined) break;
      this.#shift();
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
    this.#known.delete(keyOf(row));
    this.#deps.settled(row);
  }

  /** Of what is kept elsewhere the queue there decides, unless it is another hub that does. */
  #dropSurplus(): void {
    const { queuedMessages, queuedBytes } = MQTT_LIMITS;
    // The queue in the database had room for half of them.
    while (this.waiting > 2 * queuedMessages || this.#waitingBytes > 2 * queuedBytes + LARGEST) {
      this.#removeAt(this.#head);
    }
    while (this.waiting > queuedMessages || this.#waitingBytes > queuedBytes) {
      const index = this.#waiting.findIndex(
        (one, place) => place >= this.#head && one.row === undefined && one.tracker === undefined,
      );
      if (index === -1) return;
      this.#removeAt(index);
      this.#deps.dropped(1);
    }
  }

  #removeAt(index: number): void {
    if (index === this.#head) {
      const first = this.#shift();
      if (first?.row) this.#known.delete(keyOf(first.row));
      return;
    }
    const [gone] = this.#waiting.splice(index, 1);
    if (!gone) return;
    this.#waitingBytes -= gone.bytes;
    if (gone.row) this.#known.delete(keyOf(gone.row));
  }

  #shift(): Delivery | undefined {
    const delivery = this.#waiting[this.#head];
    this.#head += 1;
    if (delivery) this.#waitingBytes -= delivery.bytes;
    if (this.waiting <= MQTT_LIMITS.queuedMessages / 2) this.#wakeWriter?.();
    if (this.#head > 64 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return delivery;
  }
}
