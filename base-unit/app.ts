import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { UnitsDeclared } from '#protocol/hub-link/base-events.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { BaseConfig } from './config/config.ts';
import { discoveredAddresses } from './discovery/discovered-addresses.ts';
import type { Discovery } from './discovery/discovery.ts';
import { usbSerialPorts } from './discovery/serial-ports.ts';
import { UnitFinder } from './discovery/unit-finder.ts';
import type { Clock } from '#platform/clock.ts';
import { CommandRouter } from './commands/command-router.ts';
import { EventWriter } from './outbox/event-writer.ts';
import { makeAssertion } from './hub-link/assertion.ts';
import { ChannelClient } from './hub-link/channel-client.ts';
import { ClockOffset } from './hub-link/clock-offset.ts';
import { EventPumps } from './outbox/event-pumps.ts';
import type { EventSender } from './outbox/event-sender.ts';
import { HubHttp } from './hub-link/hub-http.ts';
import { HubIdentity } from './hub-link/hub-identity.ts';
import { keepOffset } from './hub-link/keep-offset.ts';
import { LogFollower } from './hub-link/log-follower.ts';
import { canReachHub } from './hub-link/reach-hub.ts';
import { WebhookSender } from './hub-link/webhook-sender.ts';
import type { BaseStatus } from './status/base-status.ts';
import { StatusServer } from './status/status-server.ts';
import { GroupCommit } from './store/group-commit.ts';
import type { Store } from './store/store.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { nodeCrypto } from './drivers/framed/node-crypto.ts';
import { probeAddress } from './drivers/framed/probe-address.ts';
import { unitEventSink } from './units/unit-event-sink.ts';
import { UnitRegistry } from './units/unit-registry.ts';
import { UnitProtections } from './store/unit-protection.ts';
import type { UnitTransport } from './drivers/transport/unit-transport.ts';
import { FirmwareDownloads } from './updates/firmware-downloads.ts';
import { FirmwareLibrary } from './updates/firmware-library.ts';
import type { FirmwareFiles, UnitUpdates, UpdateListener } from './updates/unit-update.ts';
import { UpdateOrders } from './updates/update-orders.ts';
import { UnitUpdater } from './updates/unit-updater.ts';

export interface BaseUnitDeps {
  readonly config: BaseConfig;
  readonly privateKey: KeyObject;
  /** PEM of the hub's CA; undefined only for a hub over plain HTTP on this machine. */
  readonly hubCa?: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly transport: UnitTransport;
  readonly statusSocket: string;
  /** Where units announce themselves; without it, units are where somebody said. */
  readonly discovery?: Discovery;
  /** Where firmware files for units are kept. */
  readonly firmwareFolder: string;
  /** Who hears of updates; the log does in any case. */
  readonly updateListener?: UpdateListener;
  /** In place of webhooks. */
  readonly sender?: EventSender;
}

export interface BaseUnit {
  /** @throws AppError `not_ready` when another process serves this data folder. */
  readonly start: () => Promise<void>;
  /** Stops taking, lets what is under way end, says goodbye. May be called twice. */
  readonly close: () => Promise<void>;
  readonly status: () => BaseStatus;
  readonly firmware: FirmwareFiles;
  readonly updates: UnitUpdates;
}

/** A unit waits for one permit at a time; one that was let past leaves its place in the queue behind. */
const MAX_QUEUED = 2 * LIMITS.unitsPerBase;
const PARALLEL_DIALS = { permits: 64, maxQueued: MAX_QUEUED };
const PARALLEL_HANDSHAKES = { permits: 8, maxQueued: MAX_QUEUED };

/** Puts a base together. Opens nothing before `start`. */
export function buildBaseUnit(deps: BaseUnitDeps): BaseUnit {
  const { config, clock, random, store, privateKey, transport, discovery } = deps;
  const { baseId } = config;
  const log = deps.log.child({ baseId });
  const of = (component: string) => log.child({ component });
  const offset = new ClockOffset(clock);
  const identity =
    deps.hubCa === undefined
      ? undefined
      : new HubIdentity({
          origin: config.hubUrl,
          ca: deps.hubCa,
          hubNowMs: () => (offset.offsetMs === undefined ? undefined : offset.hubNowMs()),
        });
  const http = new HubHttp({
    origin: config.hubUrl,
    ...(identity ? { identity } : {}),
    unanswered: () => {
      channel.suspect();
    },
  });
  const sender =
    deps.sender ??
    new WebhookSender({
      baseId,
      privateKey,
      http,
      offset,
      earlierOffsetMs: (clock) =>
        clock === store.clocks.current ? undefined : store.clocks.offsetOf(clock),
      log: of('webhook-sender'),
    });
  const pump = new EventPumps({ clock, random, store, sender, log: of('event-pump') });
  const group = new GroupCommit({
    store,
    soon: (run) => {
      setImmediate(run);
    },
  });
  const writer = new EventWriter({
    clock,
    store,
    group,
    log: of('event-writer'),
    eventBytes: () => pump.eventBytes,
    appended: (events) => {
      pump.enqueue(events);
    },
    sendBeforeCommit: (events) => {
      pump.sendBeforeCommit(events);
    },
  });
  const protections = new UnitProtections({
    units: store.units,
    configured: config.units,
    allowsPlain: config.plainUnits,
  });
  const library: FirmwareLibrary = new FirmwareLibrary({
    folder: deps.firmwareFolder,
    inUse: () => updater.filesInUse(),
  });
  const updater: UnitUpdater = new UnitUpdater({
    clock,
    store,
    log: of('updates'),
    files: library,
    units: {
      has: (unitId) => registry.has(unitId),
      nudge: (unitId) => {
        registry.nudge(unitId);
      },
    },
    listener: {
      updateChanged: (progress) => {
        orders.updateChanged(progress);
        deps.updateListener?.updateChanged(progress);
      },
    },
  });
  const orders: UpdateOrders = new UpdateOrders({
    clock,
    random,
    log: of('updates'),
    units: store.units,
    files: library,
    updates: updater,
    downloads: new FirmwareDownloads({
      clock,
      folder: deps.firmwareFolder,
      http,
      assertion: () => makeAssertion({ baseId, privateKey }, offset.hubNowMs()),
    }),
    writer,
    transfer: (transfer) => {
      channel.transfer(transfer);
    },
  });
  const registry: UnitRegistry = new UnitRegistry({
    clock,
    random,
    baseId,
    transport,
    crypto: nodeCrypto,
    protectionOf: (unit) => protections.of(unit),
    discovered: (unit) =>
      discovery
        ? discoveredAddresses(unit, { discovery, protectionOf: (one) => protections.of(one) })
        : [],
    log: of('units'),
    units: store.units,
    descriptions: store.descriptions,
    sensorIntervalMs: config.sensorIntervalMs,
    clockQuality: () => offset.quality(),
    sampleMark: (unitId) => store.units.lastSample(unitId),
    hubNowMs: () => offset.hubNowMs(),
    permits: { dial: new Semaphore(PARALLEL_DIALS), handshake: new Semaphore(PARALLEL_HANDSHAKES) },
    events: unitEventSink({ store, writer, commands: () => router }),
    maintenance: updater,
  });
  const router: CommandRouter = new CommandRouter({
    clock,
    store,
    writer,
    units: registry,
    log: of('commands'),
    hubNowMs: () => offset.hubNowMs(),
    progress: (progress) => {
      channel.progress(progress);
    },
  });
  const follower = new LogFollower({
    store,
    commands: router,
    units: {
      replace: (units) => {
        registry.replace(units);
      },
      change: (units, removed) => {
        registry.change(units, removed);
      },
      refresh: () => {
        registry.refresh();
        orders.refresh();
      },
      republishPresence: () => {
        registry.republishPresence();
      },
      describeAgain: () => {
        store.units.forgetReported();
        return () => {
          declare(registry.declareAgain(config.units));
          registry.describeAgain();
        };
      },
    },
    log: of('log-follower'),
  });
  const finder = new UnitFinder({
    clock,
    units: store.units,
    ...(discovery ? { discovery } : {}),
    probe: async (address) => probeAddress(address, { clock, transport, crypto: nodeCrypto }),
    serialPorts: async () => usbSerialPorts(),
  });
  const channel: ChannelClient = new ChannelClient({
    clock,
    random,
    http,
    offset,
    follower,
    group,
    finder,
    identity,
    origin: config.hubUrl,
    canReach: async () => canReachHub(config.hubUrl),
    signer: { baseId, privateKey },
    log: of('hub-link'),
    clockKnown: () => {
      keepOffset({ store, offset, log: of('hub-link') });
    },
    online: () => {
      pump.wake();
      orders.wake();
    },
  });
  const startedAtMs = clock.nowMs();
  const status = (): BaseStatus => ({
    baseId,
    name: config.name,
    hubUrl: config.hubUrl,
    startedAtMs,
    hub: channel.status,
    clockOffsetMs: offset.offsetMs ?? null,
    cursor: store.cursor.position,
    outbox: {
      ...store.outbox.depth,
      droppedReadings: store.outbox.droppedReadings + writer.unstoredDropped,
      droppedEvents: store.outbox.droppedEvents + writer.unstoredEvents,
      refused: pump.refused,
      lastError: pump.lastError ?? null,
    },
    units: registry.status(),
  });
  const declare = (units: UnitsDeclared['units']): void => {
    if (units.length > 0) writer.happened({ type: 'units.declared', data: { units } });
  };
  const statusServer = new StatusServer({
    path: deps.statusSocket,
    status,
    unitsChanged: () => {
      declare(registry.reloadUnits());
    },
    log: of('status'),
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    channel.close();
    finder.close();
    orders.close();
    updater.close();
    await registry.close();
    router.close();
    group.flush();
    writer.close();
    await pump.close();
    await http.close();
    await discovery?.close();
    await statusServer.close();
  };
  return {
    status,
    firmware: library,
    updates: updater,
    start: async () => {
      await statusServer.start();
      discovery?.start();
      updater.open();
      const declared = registry.start(config.units);
      router.start();
      orders.start();
      declare(declared);
      pump.start();
      channel.start();
    },
    close: async () => (closing ??= close()),
  };
}
