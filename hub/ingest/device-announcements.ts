import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { gistOf, isAnnouncement, mayAnnounce } from '#protocol/device/describe-device.ts';
import type { DeviceId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import { AttemptLimit } from '../domain/accounts/attempt-limit.ts';
import { ownNameOf } from '../domain/devices/device-rights.ts';
import {
  dropAnnouncement,
  keptAnnouncements,
  putAnnouncement,
} from '../store/device-announcements.ts';
import { type DeviceRecord, findDevices } from '../store/devices.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';
import type { Tx } from '../store/schema.ts';
import type { Work } from '../store/unit-of-work.ts';

type ByDevice = ReadonlyMap<DeviceId, readonly MessageRecord[]>;

/** Log lines about what one device says of itself that is too much. */
const LINES = { max: 1, windowMs: 3_600_000 };

export interface DeviceAnnouncementsDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps what devices say of themselves, in the transaction of the messages, until a person makes
 * a unit of it. Of a device a bounded number of messages and bytes is kept; what is more is left
 * out, and the log says so. An empty message takes back what was said at its topic.
 */
export class DeviceAnnouncements {
  readonly #deps: DeviceAnnouncementsDeps;
  readonly #lines: AttemptLimit;

  constructor(deps: DeviceAnnouncementsDeps) {
    this.#deps = deps;
    this.#lines = new AttemptLimit({ clock: deps.clock, ...LINES });
  }

  /** Those that may describe a device; most messages do not. */
  among(byDevice: ByDevice): ByDevice {
    const found = new Map<DeviceId, readonly MessageRecord[]>();
    for (const [id, messages] of byDevice) {
      const announcing = messages.filter(({ topic }) => mayAnnounce(topic));
      if (announcing.length > 0) found.set(id, announcing);
    }
    return found;
  }

  /** With the site held. */
  async note(work: Work, site: SiteId, byDevice: ByDevice): Promise<void> {
    for (const device of await findDevices(work.tx, [...byDevice.keys()])) {
      if (device.siteId !== site) continue;
      const leftOut = await this.#noteOf(work.tx, device, byDevice.get(device.id) ?? []);
      if (leftOut === 0) continue;
      work.wake(() => {
        if (this.#lines.count(device.id) !== undefined) return;
        this.#deps.log.warn({ deviceId: device.id, leftOut }, 'descriptions of a device not kept');
      });
    }
  }

  /** @returns how many there was no room for. */
  async #noteOf(tx: Tx, device: DeviceRecord, messages: readonly MessageRecord[]): Promise<number> {
    const last = new Map<string, string | undefined>();
    for (const { topic, payload } of messages) {
      const name = ownNameOf(device, topic);
      if (isAnnouncement(name, device)) last.set(topic, textOf(payload));
    }
    if (last.size === 0) return 0;
    const kept = new Map((await keptAnnouncements(tx, device.id)).map((one) => [one.topic, one]));
    let bytes = [...kept.values()].reduce((sum, one) => sum + one.bytes, 0);
    let leftOut = 0;
    const nowMs = this.#deps.clock.nowMs();
    for (const [topic, payload] of last) {
      const before = kept.get(topic);
      if (payload === '') {
        if (before) await dropAnnouncement(tx, device.id, topic);
        kept.delete(topic);
        bytes -= before?.bytes ?? 0;
        continue;
      }
      const more = payload === undefined ? Infinity : payload.length - (before?.bytes ?? 0);
      const isFull = !before && kept.size >= LIMITS.announcementsPerDevice;
      if (payload === undefined || isFull || bytes + more > LIMITS.announcedBytesPerDevice) {
        leftOut += 1;
        continue;
      }
      const digest = digestOf(gistOf({ topic: ownNameOf(device, topic), payload }));
      if (before?.digest === digest) continue;
      await putAnnouncement(tx, device.id, { topic, payload, digest, nowMs });
      kept.set(topic, { topic, digest, bytes: payload.length });
      bytes += more;
    }
    return leftOut;
  }
}

/** Undefined: too long, or no text that the database could keep. */
function textOf(payload: Buffer): string | undefined {
  if (payload.length > LIMITS.announcementBytes) return undefined;
  const text = payload.toString('utf8');
  return Buffer.from(text).equals(payload) && !text.includes('\0') ? text : undefined;
}

function digestOf(gist: string): string {
  return createHash('sha256').update(gist).digest('base64url').slice(0, 22);
}
