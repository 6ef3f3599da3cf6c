import type { Logger } from 'pino';
import { DeviceId, type SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { groupedBy } from '#platform/grouped-by.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import { AttemptLimit } from '../domain/accounts/attempt-limit.ts';
import type { MessageReader } from '../domain/mqtt/message-readers.ts';
import { partsOfSubject } from '../kernel/subject.ts';
import type { MessageRecord } from '../store/mqtt-messages.ts';
import type { Db } from '../store/schema.ts';
import type { UnitOfWork, Work } from '../store/unit-of-work.ts';
import type { DeviceAnnouncements } from './device-announcements.ts';
import type { DeviceReports } from './device-reports.ts';
import type { MappedDevice, MappedDevices } from './mapped-devices.ts';
import { type LostMessages, PassingMessages } from './passing-messages.ts';

/** Messages in one transaction. */
const MAX_BATCH = 256;
/** Log lines about unreadable messages of one device. */
const UNREAD_LINES = { max: 3, windowMs: 60_000 };

export interface DeviceIntakeDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly devices: MappedDevices;
  readonly reports: DeviceReports;
  readonly announcements: DeviceAnnouncements;
}

type ByDevice = ReadonlyMap<DeviceId, readonly MessageRecord[]>;

/**
 * Reads what devices publish that are units, and what they say of themselves: messages that are acknowledged in the transaction
 * that stores them, those of QoS 0 in one of their own. Only the device itself speaks for its
 * unit, whoever else may publish at its topics.
 */
export class DeviceIntake implements MessageReader {
  readonly #deps: DeviceIntakeDeps;
  readonly #passing = new PassingMessages();
  readonly #running = new Map<SiteId, Promise<void>>();
  readonly #unreadLines: AttemptLimit;
  readonly #failures: FailureLog;
  #isClosed = false;

  constructor(deps: DeviceIntakeDeps) {
    this.#deps = deps;
    this.#unreadLines = new AttemptLimit({ clock: deps.clock, ...UNREAD_LINES });
    this.#failures = new FailureLog(deps.log, 'messages of devices not read');
  }

  /** Messages that wait. */
  get size(): number {
    return this.#passing.size;
  }

  /** Messages of QoS 0 that there was no room for. */
  get lost(): number {
    return this.#passing.lost;
  }

  readonly storedIn = async (
    work: Work,
    site: SiteId,
    messages: readonly MessageRecord[],
  ): Promise<void> => {
    const byDevice = byAuthor(messages);
    if (byDevice.size > 0) await this.#ingest(work, site, byDevice);
  };

  readonly passed = (message: MessageRecord): void => {
    const device = authorOf(message);
    if (this.#isClosed || device === undefined) return;
    this.#passing.add(device, message);
    const { site } = message;
    if (this.#running.has(site)) return;
    const run = this.#drain(site).finally(() => this.#running.delete(site));
    this.#running.set(site, run);
  };

  /** Once what waits is stored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running.values());
  }

  async #drain(site: SiteId): Promise<void> {
    // What arrived in the same turn goes together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    const { db, unitOfWork, devices, announcements } = this.#deps;
    for (;;) {
      const claimed = this.#passing.claim(site, MAX_BATCH);
      if (claimed.size === 0) return;
      const lost = new Map([...claimed.keys()].map((id) => [id, this.#passing.claimLost(id)]));
      try {
        const units = await devices.find(db, [...claimed.keys()]);
        if (units.size === 0 && announcements.among(claimed).size === 0) continue;
        await unitOfWork.run(async (work) => {
          await this.#ingest(work, site, claimed);
          for (const [id, device] of units) await this.#reportLost(work, device, lost.get(id));
        }, site);
        this.#failures.succeeded();
      } catch (error) {
        this.#failures.failed(error);
        for (const [id, messages] of claimed) this.#passing.drop(id, messages);
      }
    }
  }

  /** The history of the unit shows where readings are missing. */
  async #reportLost(
    work: Work,
    device: MappedDevice,
    lost: LostMessages | undefined,
  ): Promise<void> {
    if (lost) await this.#deps.reports.dropped(work, device, lost);
  }

  async #ingest(work: Work, site: SiteId, byDevice: ByDevice): Promise<void> {
    const { devices, reports, announcements, log } = this.#deps;
    const units = await devices.find(work.tx, [...byDevice.keys()]);
    const announcing = announcements.among(byDevice);
    if (units.size === 0 && announcing.size === 0) return;
    await work.hold({ site });
    if (announcing.size > 0) await announcements.note(work, site, announcing);
    // Devices are read in one order, whoever reads them.
    for (const [id, device] of [...units].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (device.unit.siteId !== site) continue;
      const { unread } = await reports.ingest(work, device, byDevice.get(id) ?? []);
      if (unread === 0) continue;
      work.wake(() => {
        if (this.#unreadLines.count(id) !== undefined) return;
        log.warn(
          { deviceId: id, unitId: device.unit.id, unread },
          'messages do not fit the mapping',
        );
      });
    }
  }
}

/** Without those of other authors. */
function byAuthor(messages: readonly MessageRecord[]): ByDevice {
  const authored = messages.flatMap((message) => {
    const device = authorOf(message);
    return device === undefined ? [] : [{ device, message }];
  });
  const groups = groupedBy(authored, ({ device }) => device);
  return new Map([...groups].map(([device, own]) => [device, own.map(({ message }) => message)]));
}

function authorOf({ author }: MessageRecord): DeviceId | undefined {
  const { kind, id } = partsOfSubject(author);
  return kind === 'device' ? DeviceId.safeParse(id).data : undefined;
}
