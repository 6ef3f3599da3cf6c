import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { HubId, newId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import type { ManualClock } from '#platform/testing/manual-clock.ts';
import { assembleHub } from '../../app.ts';
import type { Store } from '../../store/engine/store.ts';
import type { Writer } from '../../store/engine/writer.ts';
import { dropHub, renewHub } from '../../store/hubs.ts';
import { leaveOrphanedSessions } from '../../store/mqtt-sessions.ts';
import { openStore, type StorePlace } from '../../store/open-store.ts';
import { deviceCertificates } from '../device-certificates.ts';
import { MemoryBus, type MemoryExchange } from '../memory-bus.ts';
import { MemoryPublisher } from '../memory-publisher.ts';
import { NO_WEBHOOKS } from '../no-webhooks.ts';
import { turn } from './model-hub.ts';

const log = pino({ level: process.env['HUB_TEST_LOG'] ?? 'silent' });
/** Longer than any run: hubs of the model die when the model says so. */
const LEASE_MS = 3_600_000;

export interface DeviceHubDeps {
  readonly place: StorePlace;
  readonly clock: ManualClock;
  /** Where it meets the other hubs on the same database. */
  readonly exchange: MemoryExchange;
}

/** One run of the services of a hub that devices connect to; it ends in good order, or at once. */
export class DeviceHub {
  readonly id = newId(HubId);
  readonly store: Store;
  readonly services: ReturnType<typeof assembleHub>['offers'];
  readonly #gauges: () => Readonly<Record<string, number>>;
  readonly #bus: MemoryBus | undefined;
  #isDead = false;
  #die = (): void => undefined;
  readonly died = new Promise<void>((resolve) => (this.#die = resolve));

  private constructor(store: Store, { place, clock, exchange }: DeviceHubDeps) {
    this.store = store;
    const own = this.#ownClock(clock);
    const isShared = place.database !== undefined;
    this.#bus = isShared ? new MemoryBus({ exchange, from: this.id, clock: own }) : undefined;
    const hub = assembleHub({
      ...store,
      ...{ writer: this.#ownWriter(store.writer), isShared, hubId: this.id, bus: this.#bus },
      ...{
        clock: own,
        log,
        publisher: new MemoryPublisher(),
        signUp: 'invite',
        eventConsumers: [],
      },
      ...NO_WEBHOOKS,
      passwordCost: { memoryCost: 1_024, timeCost: 1, parallelism: 1 },
      firmwareFolder: join(place.dataFolder, 'firmware'),
      caFingerprint: () => '0'.repeat(17),
      hubUrls: () => [],
      deviceCertificates: deviceCertificates(clock),
      clockWatch: { areAgesCertain: () => true, onStep: () => undefined },
    });
    this.services = hub.offers;
    this.#gauges = () => hub.gauges;
  }

  static async open(deps: DeviceHubDeps): Promise<DeviceHub> {
    const store = await openStore(deps.place, log);
    const hub = new DeviceHub(store, deps);
    // Only processes are killed here, never the machine: writes survive without a sync.
    if (deps.place.database === undefined) await sql`pragma synchronous = off`.execute(store.db);
    const { lease, commandSweeper, commands, deviceCourier } = hub.services;
    await lease.begin();
    await renewHub(store.db, hub.id, LEASE_MS);
    await hub.#bus?.start();
    commandSweeper.start(() => commands.sweep());
    deviceCourier.start();
    return hub;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Whether something is under way that needs no time. */
  get isBusy(): boolean {
    const { deviceLooks = 0, mqttPublishes = 0, mqttReads = 0 } = this.#gauges();
    return this.store.writer.size + deviceLooks + mqttPublishes + mqttReads > 0;
  }

  /** Commands that it has given to connections, and that have not ended. */
  get given(): number {
    return this.#gauges()['deviceCommands'] ?? 0;
  }

  /** From here on it does nothing, not even with what it has just stored. */
  async kill(): Promise<void> {
    this.#isDead = true;
    this.#die();
    await this.#bus?.close();
    while (this.store.writer.size > 0) await turn();
    await this.store.close();
  }

  /** Another hub takes it for dead. */
  async bury(dead: HubId, nowMs: number): Promise<void> {
    await this.services.unitOfWork.run(async (work) => {
      await dropHub(work.tx, dead);
      await leaveOrphanedSessions(work.tx, { nowMs, graceMs: 0, ofAll: false });
    }, 'model');
  }

  /** Once its connections have ended. */
  async close(): Promise<void> {
    const { waiters, commandSweeper, deviceCourier, lease } = this.services;
    waiters.close();
    commandSweeper.close();
    await deviceCourier.close();
    await lease.close();
    await this.kill();
  }

  #ownClock({ nowMs, monotonicMs, after }: Clock): Clock {
    const whileAlive = (run: () => void) => (): void => {
      if (!this.#isDead) run();
    };
    return { nowMs, monotonicMs, after: (delayMs, run) => after(delayMs, whileAlive(run)) };
  }

  #ownWriter(writer: Writer): Writer {
    const never = new Promise<never>(() => undefined);
    const hasDied = (): boolean => this.#isDead;
    return {
      get size() {
        return writer.size;
      },
      run: async (work, by, committed) => {
        if (hasDied()) return await never;
        const result = await writer.run(work, by, (done) => {
          if (!this.#isDead) committed?.(done);
        });
        return hasDied() ? await never : result;
      },
    };
  }
}
