import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { commandMessage, withCommandId } from '#protocol/device/mapped-command.ts';
import { answerTopic } from '#protocol/device/mapped-answer.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import type { DeviceId, HubId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import type { CommandReports } from '../domain/commands/command-reports.ts';
import type { Broker } from '../domain/mqtt/broker.ts';
import type { LiveSession } from '../domain/mqtt/live-session.ts';
import type { LiveSessions } from '../domain/mqtt/live-sessions.ts';
import { QOS } from '../kernel/mqtt-message.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import { issuedCommand, type CommandRecord } from '../store/command-record.ts';
import {
  commandsOfDevice,
  type DeviceCommand,
  devicesGivenTo,
  devicesOfLostHubs,
  devicesWithCommands,
  type GivenTo,
  openDeviceCommands,
  placeDeviceCommand,
} from '../store/device-commands.ts';
import { hubsOnRecord } from '../store/hubs.ts';
import type { Db } from '../store/schema.ts';
import type { UnitOfWork, Work } from '../store/unit-of-work.ts';
import type { CommandEnd, CommandEnds } from './command-ends.ts';
import type { DevicePresence } from './device-presence.ts';
import type { GivenCommand, GivenCommands } from './given-commands.ts';
import type { MappedDevice, MappedDevices } from './mapped-devices.ts';

/** A device that says nothing to a command without an end of its own has so long. */
export const ANSWER_MS = 30_000;
/** And one whose time is over already: a late answer still counts until then. */
const LATE_ANSWER_MS = 3_600_000;
/** Other hubs may have work for this one, and their hint is lost. */
const LOOK_MS = 2_000;
const MAX_LOST = 200;
/** Those that wait, and those that timed out since. */
const MAX_OPEN = 2 * LIMITS.queuedCommandsPerUnit;

export interface DeviceCourierDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly hubId: HubId;
  readonly isShared: boolean;
  readonly live: Pick<LiveSessions, 'all' | 'changed' | 'ended'>;
  readonly broker: Pick<Broker, 'sendTo'>;
  readonly devices: MappedDevices;
  readonly presence: DevicePresence;
  readonly ends: CommandEnds;
  readonly given: GivenCommands;
  readonly reports: Pick<CommandReports, 'moveAll' | 'progress'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Gives commands to the devices that are connected to this hub, and says what became of them. A
 * command is in the database until it has ended, with the hub and the connection that it was given
 * to: only that hub knows whether it left, and decides when the connection has ended.
 */
export class DeviceCourier implements OutcomeFollower {
  readonly #deps: DeviceCourierDeps;
  readonly #sessions = new Map<DeviceId, LiveSession>();
  /** Looks that run, one at a time for each device; true: something has come since. */
  readonly #looking = new Map<DeviceId, { isStale: boolean; readonly run: Promise<void> }>();
  readonly #failures: FailureLog;
  #cancelLook: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: DeviceCourierDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'commands of devices not given');
    deps.live.changed.follow((session) => this.#connected(session));
    deps.live.ended.follow((session) => this.#disconnected(session));
  }

  get size(): number {
    return this.#looking.size;
  }

  readonly committed = ({ devices }: Outcome): void => {
    for (const id of devices) this.look(id);
  };

  /** After the start, and when hubs are gone: what others have left behind. */
  async sweep(): Promise<void> {
    const { db, hubId, presence } = this.#deps;
    const lost = await devicesOfLostHubs(db, MAX_LOST);
    const given = await devicesGivenTo(db, hubId);
    const waiting = await devicesWithCommands(db, [...this.#sessions.keys()]);
    const wrong = await presence.wrong(db);
    for (const id of new Set([...lost, ...given, ...waiting, ...wrong])) this.look(id);
  }

  start(): void {
    this.#sweepLater(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    await Promise.all([...this.#looking.values()].map(({ run }) => run));
    this.#deps.given.close();
  }

  /** Does what there is to do for a device. */
  look(id: DeviceId): void {
    if (this.#isClosed) return;
    const running = this.#looking.get(id);
    if (running) {
      running.isStale = true;
      return;
    }
    const run = this.#lookAgain(id).finally(() => this.#looking.delete(id));
    this.#looking.set(id, { isStale: false, run });
  }

  async #lookAgain(id: DeviceId): Promise<void> {
    // Not in the middle of what has called: a look is entered by then.
    await Promise.resolve();
    for (;;) {
      const entry = this.#looking.get(id);
      if (entry) entry.isStale = false;
      try {
        await this.#look(id);
        this.#failures.succeeded();
      } catch (error) {
        this.#failures.failed(error);
        return;
      }
      if (!this.#looking.get(id)?.isStale || this.#isClosed) return;
    }
  }

  async #look(id: DeviceId): Promise<void> {
    const { db, devices, presence } = this.#deps;
    const device = (await devices.find(db, [id])).get(id);
    if (!device) return;
    const read = () => openDeviceCommands(db, id, MAX_OPEN);
    const open = await read();
    if ((await presence.isRight(db, device)) && !(await this.#needsWork(open))) {
      this.#send(device, open);
      return;
    }
    await this.#settle(device);
    this.#send(device, await read());
  }

  /** Whether something is to be stored, and not only to be sent. */
  async #needsWork(open: readonly DeviceCommand[]): Promise<boolean> {
    if (open.length === 0) return false;
    const { hubId } = this.#deps;
    const elsewhere = open.some(({ givenTo }) => givenTo && givenTo.hubId !== hubId);
    const alive = elsewhere ? await this.#hubsAlive() : new Set([hubId]);
    return open.some((one) => this.#changeOf(one, alive) !== undefined);
  }

  async #settle(device: MappedDevice): Promise<void> {
    const { unitOfWork, presence } = this.#deps;
    const alive = await this.#hubsAlive();
    await unitOfWork.run(async (work) => {
      await work.hold({ site: device.unit.siteId });
      await presence.correct(work, device);
      const open = await commandsOfDevice(work.tx, device.unit.device.id, MAX_OPEN);
      for (const one of open) {
        const change = this.#changeOf(one, alive);
        if (change) await this.#change(work, device, { one, change });
      }
    }, device.unit.siteId);
  }

  /** What is to become of a command; undefined: nothing, or what needs nothing stored. */
  #changeOf(one: DeviceCommand, alive: ReadonlySet<HubId>): Change | undefined {
    const { given, hubId, clock } = this.#deps;
    const { command, givenTo, isRecalled } = one;
    const here = given.get(command.id);
    if (!givenTo) {
      if (isRecalled) return CANCELLED;
      const session = this.#sessions.get(one.deviceId);
      const isLate = command.expiresAtMs !== null && command.expiresAtMs <= clock.nowMs();
      // What is late is ended by the sweeper of commands.
      return session && !isLate && command.state === 'queued'
        ? { kind: 'give', to: { hubId, ...session.place } }
        : undefined;
    }
    if (givenTo.hubId !== hubId) return alive.has(givenTo.hubId) ? undefined : lostOf(command);
    if (here) {
      if (!isRecalled || here.isWritten) return undefined;
      here.isWithdrawn ||= here.session.queue.withdraw(here.tracker);
      return here.isWithdrawn ? CANCELLED : undefined;
    }
    const session = this.#sessions.get(one.deviceId);
    if (session && isAt(session, givenTo)) return isRecalled ? CANCELLED : undefined;
    // It was stored for a connection that ended before it could be sent.
    return isRecalled ? CANCELLED : waitOf(command);
  }

  async #change(
    work: Work,
    { unit }: MappedDevice,
    { one: { command }, change }: { readonly one: DeviceCommand; readonly change: Change },
  ): Promise<void> {
    const { reports, ends } = this.#deps;
    switch (change.kind) {
      case 'give': {
        await placeDeviceCommand(work.tx, command.id, change.to);
        const moved = { to: 'dispatched', stage: STAGE.hubSent, actor: HUB_ACTOR } as const;
        await reports.moveAll(work, [command], moved);
        return;
      }
      case 'wait': {
        await placeDeviceCommand(work.tx, command.id, undefined);
        const moved = { to: 'queued', stage: STAGE.outOfBand, actor: HUB_ACTOR } as const;
        await reports.moveAll(work, [command], moved);
        work.wakeDevice(unit.device.id);
        return;
      }
      case 'end':
        await ends.end(work, unit, { id: command.id, ...change.end });
        return;
      default:
        change satisfies never;
    }
  }

  /** Hands on what was given to the connection that the device has here. */
  #send(device: MappedDevice, open: readonly DeviceCommand[]): void {
    const { given } = this.#deps;
    const session = this.#sessions.get(device.unit.device.id);
    if (!session) return;
    for (const { command, givenTo, isRecalled } of open) {
      if (!givenTo || !isAt(session, givenTo) || isRecalled || given.get(command.id)) continue;
      if (givenTo.hubId === this.#deps.hubId) this.#sendOne(device, session, command);
    }
  }

  #sendOne(device: MappedDevice, session: LiveSession, command: CommandRecord): void {
    const { broker, given } = this.#deps;
    const message = commandMessage(device.mapping, issuedCommand(command));
    const place = message && device.topics.locate(message.topic);
    if (!message || !place) return;
    const { confirmation } = message;
    const answerPlace = device.topics.locate(answerTopic(message.topic));
    const responseTopic =
      confirmation === 'response' && answerPlace
        ? { responseTopic: `site/${answerPlace.site}/${answerPlace.topic}` }
        : {};
    const one: GivenCommand = {
      ...{ id: command.id, unitId: command.unitId, deviceId: device.unit.device.id },
      ...{ session, confirmation, expiresAtMs: command.expiresAtMs },
      tracker: {
        written: () => this.#written(one),
        acknowledged: (isRefused) => this.#acknowledged(one, isRefused),
        dropped: (why) => this.#dropped(one, why),
      },
      ...{ isWritten: false, isWithdrawn: false, steps: [], cancelTimer: undefined },
    };
    given.add(one);
    const isOnItsWay = broker.sendTo(session, {
      site: device.unit.siteId,
      draft: {
        topic: place.topic,
        payload: Buffer.from(withCommandId(message, command.id)),
        ...{ qos: QOS.atLeastOnce, isRetained: false, author: 'hub', sessionKey: null },
        properties: {
          correlationData: Buffer.from(command.id).toString('base64'),
          ...responseTopic,
        },
        expiresAtMs: command.expiresAtMs,
      },
      tracker: one.tracker,
    });
    // It has not subscribed yet; when it does, there is another look.
    if (!isOnItsWay) given.remove(command.id);
  }

  #written(one: GivenCommand): void {
    const { reports, clock } = this.#deps;
    one.isWritten = true;
    one.steps.push({ stage: STAGE.brokerWritten, atMs: clock.nowMs() });
    const progress = { commandId: one.id, state: 'running', stage: STAGE.brokerWritten } as const;
    reports.progress(one.unitId, progress);
    const leftMs = one.expiresAtMs === null ? 0 : Math.max(0, one.expiresAtMs - clock.nowMs());
    const waitMs = one.expiresAtMs === null ? ANSWER_MS : leftMs + LATE_ANSWER_MS;
    one.cancelTimer = clock.after(waitMs, () =>
      this.#end(one, { outcome: 'unknown', code: 'unconfirmed' }),
    );
  }

  #acknowledged(one: GivenCommand, isRefused: boolean): void {
    one.steps.push({ stage: STAGE.brokerAcknowledged, atMs: this.#deps.clock.nowMs() });
    if (isRefused) this.#end(one, { outcome: 'failed', code: 'unit_denied' });
    else if (one.confirmation === 'delivery') this.#end(one, { outcome: 'succeeded' });
  }

  #dropped(one: GivenCommand, why: 'unwanted' | 'too_large'): void {
    const { given, clock } = this.#deps;
    if (why === 'too_large') {
      this.#end(one, { outcome: 'failed', code: 'unit_bad_request' });
    } else if (one.expiresAtMs !== null && one.expiresAtMs <= clock.nowMs()) {
      this.#end(one, { outcome: 'expired', code: 'expired' });
    } else {
      // Its rights are others: it is looked at again with them.
      given.remove(one.id);
    }
  }

  /** Stored, or found again by a look: it is given to nobody else before. */
  #end({ id, deviceId }: GivenCommand, end: Omit<CommandEnd, 'id'>): void {
    const { db, devices, unitOfWork, ends } = this.#deps;
    const store = async (): Promise<void> => {
      const device = (await devices.find(db, [deviceId])).get(deviceId);
      if (!device) return;
      await unitOfWork.run(async (work) => {
        await work.hold({ site: device.unit.siteId });
        await ends.end(work, device.unit, { id, ...end });
      }, device.unit.siteId);
    };
    store().catch((error: unknown) => {
      this.#deps.log.warn({ err: error, commandId: id }, 'end of a command not stored');
    });
  }

  #connected(session: LiveSession): void {
    const { principal } = session;
    if (principal.kind !== 'device') return;
    this.#sessions.set(principal.deviceId, session);
    this.look(principal.deviceId);
  }

  #disconnected(session: LiveSession): void {
    const { principal } = session;
    if (principal.kind !== 'device') return;
    const { deviceId } = principal;
    if (this.#sessions.get(deviceId) === session) this.#sessions.delete(deviceId);
    const { given, devices, db, unitOfWork } = this.#deps;
    const over = given.ofSession(session);
    if (over.length === 0) {
      this.look(deviceId);
      return;
    }
    const store = async (): Promise<void> => {
      const device = (await devices.find(db, [deviceId])).get(deviceId);
      if (!device) return;
      await unitOfWork.run(async (work) => {
        await work.hold({ site: device.unit.siteId });
        const open = await commandsOfDevice(work.tx, deviceId, MAX_OPEN);
        for (const { id, isWritten } of over) {
          const one = open.find(({ command }) => command.id === id);
          // It has ended meanwhile, or is somebody else's by now.
          if (!one?.givenTo || !isAt(session, one.givenTo)) continue;
          const change = one.isRecalled && !isWritten ? CANCELLED : undefined;
          const otherwise = isWritten ? lostOf(one.command) : waitOf(one.command);
          await this.#change(work, device, { one, change: change ?? otherwise });
        }
      }, device.unit.siteId);
    };
    store()
      .catch((error: unknown) => this.#failures.failed(error))
      .finally(() => {
        for (const { id } of over) given.remove(id);
        this.look(deviceId);
      });
  }

  async #hubsAlive(): Promise<ReadonlySet<HubId>> {
    const alive = (await hubsOnRecord(this.#deps.db)).map(({ id }) => id);
    return new Set([...alive, this.#deps.hubId]);
  }

  #sweepLater(ms: number): void {
    if (this.#isClosed) return;
    this.#cancelLook = this.#deps.clock.after(ms, () => {
      this.sweep()
        .catch((error: unknown) => this.#failures.failed(error))
        .finally(() => {
          if (this.#deps.isShared) this.#sweepLater(LOOK_MS);
        });
    });
  }
}

type Change =
  | { readonly kind: 'give'; readonly to: GivenTo }
  | { readonly kind: 'wait' }
  | { readonly kind: 'end'; readonly end: Omit<CommandEnd, 'id'> };

const CANCELLED: Change = { kind: 'end', end: { outcome: 'cancelled', code: 'cancelled' } };
const UNKNOWN: Change = { kind: 'end', end: { outcome: 'unknown', code: 'outcome_unknown' } };

/** It was not sent: it waits for another connection, unless it was for this one. */
function waitOf({ verb, state }: CommandRecord): Change {
  if (state === 'timed_out') return { kind: 'end', end: { outcome: 'expired', code: 'expired' } };
  if (verb !== 'invoke') return { kind: 'wait' };
  return { kind: 'end', end: { outcome: 'failed', code: 'device_offline' } };
}

/** It was sent, or may have been: only what may happen twice is sent again. */
function lostOf({ verb, state }: CommandRecord): Change {
  return verb === 'invoke' || state === 'timed_out' ? UNKNOWN : { kind: 'wait' };
}

function isAt({ place }: LiveSession, givenTo: GivenTo): boolean {
  return place.key === givenTo.key && place.generation === givenTo.generation;
}
