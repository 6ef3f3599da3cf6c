import type { DeviceId, SiteId } from '#protocol/ids.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';

/** Messages of one device that wait; of more, the oldest are lost, as QoS 0 allows. */
const MAX_PER_DEVICE = 200;
/** Of all devices of a site. */
const MAX_PER_SITE = 10_000;

/** Messages of a device that were dropped before they were read. */
export interface LostMessages {
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
}

interface SiteQueue {
  /** In the order of their turns. */
  readonly devices: Map<DeviceId, MessageRecord[]>;
  size: number;
}

/** Messages of QoS 0 that wait to be read: each device of a site has its turn. */
export class PassingMessages {
  readonly #sites = new Map<SiteId, SiteQueue>();
  /** Not reported yet: of devices that still have messages here, or whose messages are being read. */
  readonly #unreported = new Map<DeviceId, LostMessages>();
  #lost = 0;

  /** Messages for which there was no room. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return [...this.#sites.values()].reduce((sum, { size }) => sum + size, 0);
  }

  add(device: DeviceId, message: MessageRecord): void {
    const known = this.#sites.get(message.site);
    const queue: SiteQueue = known ?? { devices: new Map<DeviceId, MessageRecord[]>(), size: 0 };
    this.#sites.set(message.site, queue);
    const waiting = queue.devices.get(device) ?? [];
    if (waiting.length >= MAX_PER_DEVICE) {
      const oldest = waiting.shift();
      queue.size -= 1;
      if (oldest) this.drop(device, [oldest]);
    } else if (queue.size >= MAX_PER_SITE) {
      this.drop(device, [message]);
      return;
    }
    waiting.push(message);
    queue.devices.set(device, waiting);
    queue.size += 1;
  }

  /** Counts messages that nobody reads any more. */
  drop(device: DeviceId, messages: readonly MessageRecord[]): void {
    this.#lost += messages.length;
    for (const { storedAtMs } of messages) {
      const before = this.#unreported.get(device);
      this.#unreported.set(device, {
        count: (before?.count ?? 0) + 1,
        fromMs: Math.min(before?.fromMs ?? storedAtMs, storedAtMs),
        toMs: Math.max(before?.toMs ?? storedAtMs, storedAtMs),
      });
    }
  }

  /** What was dropped of a device since this was called the last time. */
  claimLost(device: DeviceId): LostMessages | undefined {
    const lost = this.#unreported.get(device);
    this.#unreported.delete(device);
    return lost;
  }

  /** The next messages of a site, shared evenly among its devices. */
  claim(site: SiteId, limit: number): ReadonlyMap<DeviceId, readonly MessageRecord[]> {
    const queue = this.#sites.get(site);
    const claimed = new Map<DeviceId, readonly MessageRecord[]>();
    if (!queue) return claimed;
    const each = Math.max(1, Math.floor(limit / queue.devices.size));
    let left = limit;
    for (const [device, waiting] of [...queue.devices]) {
      if (left <= 0) break;
      const some = waiting.splice(0, Math.min(each, left));
      left -= some.length;
      queue.size -= some.length;
      claimed.set(device, some);
      // Whoever has more comes last the next time.
      queue.devices.delete(device);
      if (waiting.length > 0) queue.devices.set(device, waiting);
    }
    if (queue.size === 0) this.#sites.delete(site);
    return claimed;
  }
}
