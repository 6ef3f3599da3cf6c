import { join } from 'node:path';
import { pino } from 'pino';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { HistoryQuery, type HistoryAnswer } from '#protocol/http/units.ts';
import { DeviceId, Epoch, type SiteId, UnitId, UserId, HubId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { assembleHub } from '../app.ts';
import type { StorePlace } from '../store/open-store.ts';
import { insertSite } from '../store/sites.ts';
import { insertUnit } from '../store/units.ts';
import { deviceCertificates } from './device-certificates.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { NO_WEBHOOKS } from './no-webhooks.ts';
import { openTestStore, temporaryPlace, type TestEngine } from './test-store.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

export interface Measured {
  readonly seq: number;
  readonly atMs: number;
  readonly value: number | boolean;
  readonly property?: string;
  readonly boot?: string;
}

/** The services of a hub on a store, which nothing starts: a test says what happens when. */
export class ReadingsHub {
  readonly clock: ManualClock;
  readonly store: Awaited<ReturnType<typeof openTestStore>>;
  readonly services: ReturnType<typeof assembleHub>['offers'];
  areAgesCertain = true;
  readonly #epoch = newId(Epoch);
  #seq = 0;

  private constructor(store: ReadingsHub['store'], clock: ManualClock, folder: string) {
    this.store = store;
    this.clock = clock;
    this.services = assembleHub({
      ...store,
      clock,
      log: pino({ level: process.env['HUB_TEST_LOG'] ?? 'silent' }),
      publisher: new MemoryPublisher(),
      signUp: 'invite',
      passwordCost: { memoryCost: 1_024, timeCost: 1, parallelism: 1 },
      firmwareFolder: join(folder, 'firmware'),
      caFingerprint: () => '0'.repeat(17),
      hubUrls: () => [],
      deviceCertificates: deviceCertificates(clock),
      clockWatch: { areAgesCertain: () => this.areAgesCertain, onStep: () => undefined },
      eventConsumers: [],
      ...NO_WEBHOOKS,
      ...{ isShared: false, hubId: newId(HubId), bus: undefined },
    }).offers;
  }

  static async open(
    engineOrPlace: TestEngine | StorePlace,
    clock = new ManualClock(NOW),
  ): Promise<ReadingsHub> {
    const place =
      typeof engineOrPlace === 'string' ? await temporaryPlace(engineOrPlace) : engineOrPlace;
    return new ReadingsHub(await openTestStore(place), clock, place.dataFolder);
  }

  /** A unit of a site, which is a device of its own. */
  async addUnit(siteId?: SiteId): Promise<MeasuredUnit> {
    const { unitOfWork } = this.services;
    const [id, deviceId] = [newId(UnitId), newId(DeviceId)];
    const site = await unitOfWork.run(async ({ tx }) => {
      const of = siteId ?? (await insertSite(tx, 'Home', this.clock.nowMs())).id;
      const unit = { id, siteId: of, name: 'Sensor', place: '', createdAtMs: 1 };
      await insertUnit(tx, { ...unit, endpoint: { kind: 'mqtt_device', deviceId } });
      return of;
    }, 'test');
    return { siteId: site, id, deviceId };
  }

  async measure(unit: MeasuredUnit, readings: readonly Measured[]): Promise<void> {
    for (let start = 0; start < readings.length; start += LIMITS.readingsPerEvent) {
      const piece = readings.slice(start, start + LIMITS.readingsPerEvent);
      await this.services.unitOfWork.run(async (work) => {
        await work.hold({ site: unit.siteId });
        await this.services.telemetry.accept(
          {
            type: 'readings.recorded',
            data: {
              unitId: unit.id,
              bootId: piece[0]?.boot ?? '0000000a',
              readings: piece.map(({ seq, atMs, value, property = 'temperature' }) => {
                const times = { measuredAtMs: atMs, receivedAtMs: atMs };
                return { property, value, seq, ...times, clock: 'synced' as const };
              }),
            },
          },
          {
            source: { kind: 'mqtt_device', id: unit.deviceId },
            epoch: this.#epoch,
            seq: (this.#seq += 1),
            hubTime: (atMs) => atMs,
            latestMs: this.clock.nowMs() + 1_000,
            clock: 'synced',
            work,
          },
        );
      }, unit.siteId);
    }
  }

  /** Until nothing is left to do. */
  async rollUp(): Promise<void> {
    while (await this.services.rollUps.runPiece());
  }

  async history(unit: MeasuredUnit, query: Partial<HistoryQuery> = {}): Promise<HistoryAnswer> {
    const record = await this.services.directory.find(unit.id);
    if (!record) throw new Error('no unit');
    const request = HistoryQuery.parse({
      ...{ property: 'temperature', from: 0, to: this.clock.nowMs() },
      ...query,
    });
    const by = { userId: newId(UserId), isWanted: () => true };
    return await this.services.history.query(by, record, request);
  }
}

export interface MeasuredUnit {
  readonly siteId: SiteId;
  readonly id: UnitId;
  readonly deviceId: DeviceId;
}

/** A hub with a unit, and how to open another hub on the same data where the engine allows it. */
export async function startReadings(engine: TestEngine): Promise<{
  readonly hub: ReadingsHub;
  readonly unit: MeasuredUnit;
  readonly another: () => Promise<ReadingsHub>;
}> {
  const place = await temporaryPlace(engine);
  const hub = await ReadingsHub.open(place);
  const another = async () =>
    engine === 'postgres' ? await ReadingsHub.open(place, hub.clock) : hub;
  return { hub, unit: await hub.addUnit(), another };
}
