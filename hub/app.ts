import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Clock, serverClock } from '#platform/clock.ts';
import { folderInUse } from '#platform/files/folder-fault.ts';
import { lockFolder } from '#platform/files/folder-lock.ts';
import { makeOwnFolder } from '#platform/files/private-folder.ts';
import type { Bus } from './cluster/bus.ts';
import { ConnectedBus } from './cluster/connected-bus.ts';
import { type ClusterNeeds, clusterModule } from './cluster/module.ts';
import { notifyTransport } from './cluster/notify-transport.ts';
import { redisTransport } from './cluster/redis-transport.ts';
import type { HubConfig } from './config/config.ts';
import { drainTimes } from './config/drain-times.ts';
import type { EventConsumer } from './delivery/event-consumers.ts';
import { type DeliveryNeeds, type DeliveryOffers, deliveryModule } from './delivery/module.ts';
import { SitePublisher } from './delivery/site-publisher.ts';
import { NameResolver } from './delivery/webhooks/name-resolver.ts';
import { type AccountsNeeds, accountsModule } from './domain/accounts/module.ts';
import { DEFAULT_PASSWORD_COST, type PasswordCost } from './domain/accounts/password-hasher.ts';
import { renewSetupCode } from './domain/accounts/setup-code.ts';
import { baseLogModule } from './domain/base-log/module.ts';
import { type BasesNeeds, basesModule } from './domain/bases/module.ts';
import { channelsModule } from './domain/channels/module.ts';
import { commandsModule } from './domain/commands/module.ts';
import { type DevicesNeeds, devicesModule } from './domain/devices/module.ts';
import { type FirmwareNeeds, firmwareModule } from './domain/firmware/module.ts';
import { type HubsNeeds, hubsModule } from './domain/hubs/module.ts';
import { sharedSetting } from './domain/hubs/shared-setting.ts';
import { mqttModule } from './domain/mqtt/module.ts';
import { libpyiotcloudModule } from './domain/libpyiotcloud/module.ts';
import { readingsModule } from './domain/readings/module.ts';
import { rolloutsModule } from './domain/rollouts/module.ts';
import { sitesModule } from './domain/sites/module.ts';
import { snapshotsModule } from './domain/snapshots/module.ts';
import { unitsModule } from './domain/units/module.ts';
import { type WebhooksNeeds, webhooksModule } from './domain/webhooks/module.ts';
import { ingestModule } from './ingest/module.ts';
import { Assembly } from '#platform/assembly.ts';
import { ClockWatch } from './kernel/clock-watch.ts';
import { DatabaseClock } from './kernel/database-clock.ts';
import { closePaced, passed } from './kernel/paced-closes.ts';
import { ClosingStack } from '#platform/closing-stack.ts';
import { type HubAddresses, Listeners, type ListenerSettings } from './listeners.ts';
import { databaseInUse, placeOf } from './store/engine/postgres/database-fault.ts';
import { DatabaseLock } from './store/engine/postgres/database-lock.ts';
import type { Store } from './store/engine/store.ts';
import { answerOf, DatabaseAnswers } from './store/database-answers.ts';
import { type StoreNeeds, type StoreOffers, storeModule } from './store/module.ts';
import { HubId, newId } from '#protocol/ids.ts';
import { databaseTime } from './store/hubs.ts';
import { openStore, storeFault } from './store/open-store.ts';

/** What the modules need from the caller. */
export type HubNeeds = StoreNeeds &
  Pick<AccountsNeeds, 'signUp' | 'passwordCost'> &
  Pick<BasesNeeds, 'caFingerprint' | 'hubUrls' | 'localClaimFile'> &
  Pick<DevicesNeeds, 'deviceCertificates'> &
  Pick<FirmwareNeeds, 'firmwareFolder'> &
  Pick<WebhooksNeeds, 'webhookNetworks' | 'webhookRetries' | 'resolveName'> &
  Pick<DeliveryNeeds, 'publisher' | 'eventConsumers' | 'webhookSending'> &
  Pick<ClusterNeeds, 'bus'> &
  Pick<HubsNeeds, 'hubId' | 'databaseClock'>;

/** The hub, noun by noun, each on those before it; opens nothing. */
export function assembleHub<N extends HubNeeds>(needs: N) {
  return new Assembly(needs)
    .add(storeModule)
    .add(hubsModule)
    .add(accountsModule)
    .add(sitesModule)
    .add(basesModule)
    .add(devicesModule)
    .add(unitsModule)
    .add(commandsModule)
    .add(baseLogModule)
    .add(readingsModule)
    .add(firmwareModule)
    .add(rolloutsModule)
    .add(snapshotsModule)
    .add(channelsModule)
    .add(mqttModule)
    .add(libpyiotcloudModule)
    .add(webhooksModule)
    .add(ingestModule)
    .add(deliveryModule)
    .add(clusterModule);
}

export interface HubDeps extends ListenerSettings {
  readonly config: HubConfig;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Among hubs on one database the clock is moved to that of the database; default: yes. */
  readonly isClockShared?: boolean;
  readonly passwordCost?: PasswordCost;
  /** Additional consumers of the stored events, each with its own cursor. */
  readonly consumers?: readonly EventConsumer[];
  /** Of what the settings say nothing. */
  readonly webhooks?: {
    readonly resolveName?: WebhooksNeeds['resolveName'];
    readonly ca?: string;
  };
}

export type HubStart =
  | {
      readonly ok: true;
      readonly addresses: HubAddresses;
      /** Where other machines find it, the likeliest first. */
      readonly urls: readonly string[];
      /** That its certificate bears. */
      readonly names: readonly string[];
      /** Where the first account is made, on this machine; undefined when there is one. */
      readonly signInUrl: string | undefined;
    }
  | { readonly ok: false; readonly message: string };

const HUB_VERSION = '0.1.0';

export const LOCK_FILE = 'hub.lock';

/** Makes a hub; opens nothing. */
export function buildHub(deps: HubDeps): Hub {
  return new Hub(deps);
}

/** The composition root: opens everything in order, and closes it in reverse. */
export class Hub {
  readonly #deps: HubDeps;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #databaseClock: DatabaseClock | undefined;
  readonly #clockWatch: ClockWatch;
  readonly #closing: ClosingStack;
  readonly #listeners: Listeners;
  readonly #gauges: (() => [string, number][])[] = [];
  #ready = false;
  #drained:
    Pick<StoreOffers & DeliveryOffers, 'waiters' | 'eventStreams' | 'topicStreams'> | undefined;

  constructor(deps: HubDeps) {
    const { log } = deps;
    const machine = deps.clock ?? serverClock;
    const clockLog = log.child({ component: 'clock' });
    const isShared = deps.config.database !== undefined && deps.isClockShared !== false;
    this.#databaseClock = isShared ? new DatabaseClock({ machine, log: clockLog }) : undefined;
    const clock = this.#databaseClock ?? machine;
    this.#deps = deps;
    this.#log = log;
    this.#clock = clock;
    this.#clockWatch = new ClockWatch({ clock, log: clockLog });
    this.#closing = new ClosingStack({ log });
    const listeners = new Listeners({
      ...deps,
      clock,
      version: HUB_VERSION,
      closing: this.#closing,
    });
    this.#listeners = listeners;
    this.#gauges.push(() => listeners.gauges);
  }

  /** Resources in use now: each is 0 when idle. */
  get gauges(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#gauges.flatMap((gauges) => gauges()));
  }

  /** Ready for requests afterwards; or closed again, with the reason in one sentence. */
  async start(): Promise<HubStart> {
    try {
      const started = await this.#open();
      if (!started.ok) await this.close();
      return started;
    } catch (error) {
      await this.close();
      const message = storeFault(error, this.#deps.config);
      if (message === undefined) throw error;
      this.#log.debug({ err: error }, 'data folder or database unusable');
      return { ok: false, message };
    }
  }

  /**
   * Says goodbye to all clients before {@link close}: unready at once for the balancer, and after
   * the time for its checks every connection is ended, so that its client comes back elsewhere.
   *
   * @param stopNow when aborted, what is left is done at once.
   */
  async drain(stopNow: AbortSignal): Promise<void> {
    const drained = this.#drained;
    if (!this.#ready || !drained) return;
    this.#ready = false;
    const { waitMs, requestsMs, ...pace } = drainTimes(this.#deps.config);
    const listeners = this.#listeners;
    listeners.beginDrain();
    await passed(this.#clock, waitMs, stopNow);
    // What ends them may happen on another hub now; they hear what is known.
    drained.waiters.close();
    const closers = [
      ...listeners.drainSockets(),
      ...drained.eventStreams.drain(),
      ...drained.topicStreams.drain(),
    ];
    this.#log.info({ event: 'draining', connections: closers.length }, 'connections being closed');
    await closePaced(closers, { ...pace, clock: this.#clock, stopNow });
    await listeners.finish(requestsMs, stopNow);
  }

  async close(): Promise<void> {
    this.#ready = false;
    await this.#closing.close();
  }

  async #open(): Promise<HubStart> {
    const { dataFolder, database } = this.#deps.config;
    if (!this.#lockFolder()) return { ok: false, message: folderInUse('hub', dataFolder) };
    if (database !== undefined && !(await this.#lockDatabase(database))) {
      return { ok: false, message: databaseInUse(database) };
    }
    const hub = assembleHub(await this.#needs());
    this.#gauges.push(() => prefixed('services', hub.gauges));
    const listeners = this.#listeners;
    const { isShared } = hub.offers;
    const certified = await listeners.certify(
      isShared ? (make) => sharedSetting(hub.offers, 'tls_authority', make) : undefined,
    );
    if (!certified.ok) return certified;
    for (const { open } of hub.lives) await open?.();
    this.#drained = hub.offers;
    const { isFresh: databaseAnswers } = new DatabaseAnswers({
      probe: answerOf(hub.offers.db),
      clock: this.#clock,
    });
    const services = { ...hub.offers, isReady: () => this.#ready, databaseAnswers };
    const listening = await listeners.listen(services);
    if (!listening.ok) return listening;
    for (const { start, close } of hub.lives) {
      if (close) this.#closing.push(close);
      await start?.();
    }
    this.#watchClock();
    const { unitOfWork, lease } = hub.offers;
    const code = await renewSetupCode(unitOfWork, { isAlone: lease.beganAlone });
    this.#ready = true;
    const { addresses } = listening;
    const signInUrl = code === undefined ? undefined : `${addresses.http}/welcome#code=${code}`;
    return { ok: true, addresses, urls: listeners.urls(), names: listeners.names, signInUrl };
  }

  /** False when another hub has the folder. */
  #lockFolder(): boolean {
    const { dataFolder } = this.#deps.config;
    makeOwnFolder(dataFolder);
    const lock = lockFolder(dataFolder, LOCK_FILE);
    if (lock) this.#closing.push(() => lock.release());
    return lock !== undefined;
  }

  /** False while nobody may work on the database. */
  async #lockDatabase(url: string): Promise<boolean> {
    const log = this.#log.child({ component: 'store' });
    const lock = await DatabaseLock.acquire({ mode: 'shared', url, clock: this.#clock, log });
    if (lock) this.#closing.push(() => lock.release());
    return lock !== undefined;
  }

  /** To other hubs on the same database, where there can be any. */
  #bus(from: HubId): Bus | undefined {
    const { database, bus: redis } = this.#deps.config;
    if (database === undefined) return undefined;
    const log = this.#log.child({ component: 'bus' });
    const transport =
      redis === undefined ? notifyTransport(database, placeOf(database)) : redisTransport(redis);
    const bus = new ConnectedBus({ transport, from, clock: this.#clock, log });
    // After those who have something to say at their end.
    this.#closing.push(() => bus.close());
    return bus;
  }

  async #needs() {
    const { config, passwordCost = DEFAULT_PASSWORD_COST, consumers = [], webhooks } = this.#deps;
    const { db, writer, reader, reads } = await this.#openStore();
    const hubId = newId(HubId);
    return {
      ...{ db, writer, reader, reads },
      isShared: config.database !== undefined,
      ...{ hubId, bus: this.#bus(hubId), databaseClock: this.#databaseClock },
      clock: this.#clock,
      clockWatch: this.#clockWatch,
      log: this.#log,
      signUp: config.signUp,
      passwordCost,
      caFingerprint: this.#listeners.caFingerprint,
      hubUrls: this.#listeners.urls,
      deviceCertificates: this.#listeners.deviceCertificates,
      localClaimFile: config.localClaimFile,
      firmwareFolder: join(config.dataFolder, 'firmware'),
      publisher: new SitePublisher(),
      eventConsumers: consumers,
      webhookNetworks: config.webhookNetworks,
      webhookRetries: {
        retriesMs: config.webhookRetries?.map((seconds: number) => seconds * 1_000),
      },
      webhookSending: { timeoutMs: config.webhookTimeout * 1_000, ca: webhooks?.ca },
      resolveName: webhooks?.resolveName ?? new NameResolver().resolve,
    };
  }

  async #openStore(): Promise<Store> {
    const log = this.#log.child({ component: 'store' });
    const store = await openStore(this.#deps.config, log);
    this.#closing.push(() => store.close());
    const requestedMs = this.#clock.monotonicMs();
    if (this.#databaseClock)
      this.#databaseClock.compare({ databaseMs: await databaseTime(store.db), requestedMs });
    return store;
  }

  #watchClock(): void {
    this.#clockWatch.onStep(() => this.#listeners.clockSet());
    this.#clockWatch.start();
    this.#closing.push(() => this.#clockWatch.close());
  }
}

function prefixed(prefix: string, gauges: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(gauges).map(([name, value]) => [`${prefix}.${name}`, value]);
}
