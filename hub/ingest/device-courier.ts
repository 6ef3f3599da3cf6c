import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { commandMessage, withCommandId } from '#protocol/device/mapped-command.ts';
import { answerTopic } from '#protocol/device/mapped-answer.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import type { CommandId, DeviceId, HubId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { FailureLog } from '#platform/logging/failure-log.ts';
import type { CommandReports } from '../domain/commands/command-reports.ts';
import type { Broker } from '../domain/mqtt/broker.ts';
import type { LiveSession } from '../domain/mqtt/live-session.ts';
import type { LiveSessions } from '../domain/mqtt/live-sessions.ts';
import { HUB_AUTHOR, QOS } from '../kernel/mqtt-message.ts';
import type { Outcome, OutcomeFollower } from '../kernel/outcome.ts';
import { issuedCommand, type CommandRecord } from '../store/command-record.ts';
import {
  commandsOfDevice,
  type DeviceCommand,
  devicesGivenTo,
  devicesOfLostHubs,
  devicesWithCommands,
  openDeviceCommands,
  placeDeviceCommand,
} from '../store/device-commands.ts';
import { hubsOnRecord } from '../store/hubs.ts';
import type { Db } from '../store/schema.ts';
import type { UnitOfWork, Work } from '../store/unit-of-work.ts';
import type { CommandEnd, CommandEnds } from './command-ends.ts';
import {
  cancelledOf,
  type CommandChange,
  expiredOf,
  isTooLate,
  lostOf,
  UNKNOWN,
  waitOf,
} from './command-change.ts';
import type { DevicePresence } from './device-presence.ts';
import { DeviceSessions, isAt, isSamePlace } from './device-sessions.ts';
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
  readonly #sessions = new DeviceSessions();
  /** Looks that run, one at a time for each device. */
  readonly #looking = new Map<DeviceId, Look>();
  /** Ends that are being stored. */
  readonly #ending = new Set<Promise<void>>();
  readonly #failures: FailureLog;
  #cancelLook: CancelTimer | undefined;
  #isClosed = false;

  constructor(deps: DeviceCourierDeps) {
    this.#deps = deps;
    this.#failures = new FailureLog(deps.log, 'commands of devices not given');
    deps.live.changed.follow((session) => this.#connected(session));
    deps.live.ended.follow((session) => this.#disconnected(session));
    deps.given.ended.follow(({ id, deviceId }) => this.#looking.get(deviceId)?.ended.add(id));
  }

  get size(): number {
    return this.#looking.size + this.#ending.size;
  }

  readonly committed = ({ devices }: Outcome): void => {
    for (const id of devices) this.look(id);
  };

  /** After the start, and when hubs are gone: what others have left behind. */
  async sweep(): Promise<void> {
    const { db, hubId, presence } = this.#deps;
    const lost = await devicesOfLostHubs(db, MAX_LOST);
    const given = await devicesGivenTo(db, hubId);
    const waiting = await devicesWithCommands(db, this.#sessions.devices);
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
    await Promise.all(this.#ending);
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
    this.#looking.set(id, { isStale: false, ended: new Set(), run });
  }

  async #lookAgain(id: DeviceId): Promise<void> {
    // Not in the middle of what has called: a look is entered by then.
    await Promise.resolve();
    for (;;) {
      const entry = this.#looking.get(id);
      if (entry) entry.isStale = false;
      entry?.ended.clear();
      try {
        await this.#look(id);
        this.#failures.succeeded();
      } catch (error) {
        this.#failures.failed(error);
        this.#sweepLater(LOOK_MS);
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
    this.#forgetOver(id, open);
    if ((await presence.isRight(db, device)) && !(await this.#needsWork(open))) {
      this.#send(device, open);
      return;
    }
    await this.#settle(device);
    const left = await read();
    this.#send(device, left);
    // There may be more than one look has room for.
    if (left.length === MAX_OPEN && (await this.#needsWork(left))) this.look(id);
  }

  /** What was given to a connection that is over, and has ended since, or is somebody else's. */
  #forgetOver(id: DeviceId, open: readonly DeviceCommand[]): void {
    if (open.length === MAX_OPEN) return;
    const { given } = this.#deps;
    for (const here of given.ofDevice(id)) {
      const one = open.find(({ command }) => command.id === here.id);
      const isIts = one?.givenTo !== undefined && isAt(here.session, one.givenTo);
      if (here.isOver && !isIts) given.remove(here.id);
    }
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
  #changeOf(one: DeviceCommand, alive: ReadonlySet<HubId>): CommandChange | undefined {
    const { given, hubId } = this.#deps;
    const { command, givenTo, isRecalled } = one;
    if (!givenTo) return isRecalled ? cancelledOf(command) : this.#giveOf(one);
    if (givenTo.hubId !== hubId) return alive.has(givenTo.hubId) ? undefined : lostOf(command);
    const here = given.get(command.id);
    if (here && isAt(here.session, givenTo)) {
      if (here.isOver && here.isWritten) return lostOf(command);
      if (here.isOver) return isRecalled ? cancelledOf(command) : waitOf(command);
      if (here.isWritten || !(isRecalled || isTooLate(command))) return undefined;
      here.isWithdrawn ||= here.session.queue.withdraw(here.tracker);
      if (!here.isWithdrawn) return undefined;
      return isRecalled ? cancelledOf(command) : expiredOf(command);
    }
    if (isRecalled) return cancelledOf(command);
    // It was stored for a connection that ended before it could be sent.
    if (!this.#sessions.at(one.deviceId, givenTo)) return waitOf(command);
    // Nobody has subscribed to it there.
    if (isTooLate(command)) return expiredOf(command);
    const better = this.#giveOf(one);
    return better && !isSamePlace(better.to, givenTo) ? better : undefined;
  }

  /** To the connection that is best for it. */
  #giveOf({
    command,
    deviceId,
  }: DeviceCommand): (CommandChange & { readonly kind: 'give' }) | undefined {
    const { hubId, clock } = this.#deps;
    const session = this.#sessions.bestOf(deviceId);
    const isLate = command.expiresAtMs !== null && command.expiresAtMs <= clock.nowMs();
    // What is late is ended by the sweeper of commands.
    const mayLeave = command.state === 'queued' || command.state === 'dispatched';
    return session && !isLate && mayLeave
      ? { kind: 'give', to: { hubId, ...session.place } }
      : undefined;
  }

  async #change(
    work: Work,
    { unit }: MappedDevice,
    { one: { command }, change }: { readonly one: DeviceCommand; readonly change: CommandChange },
  ): Promise<void> {
    const { reports, ends, given } = this.#deps;
    switch (change.kind) {
      case 'give': {
        await placeDeviceCommand(work.tx, command.id, change.to);
        const moved = { to: 'dispatched', stage: STAGE.hubSent, actor: HUB_ACTOR } as const;
        await reports.moveAll(work, [command], moved);
        return;
      }
      case 'wait': {
        await placeDeviceCommand(work.tx, command.id, undefined);
        const { mayBeDone } = change;
        const moved = { to: 'queued', stage: STAGE.outOfBand, actor: HUB_ACTOR } as const;
        await reports.moveAll(work, [command], { ...moved, mayBeDone });
        work.wakeDevice(unit.device.id);
        work.wake(() => given.remove(command.id));
        return;
      }
      case 'end':
        await ends.end(work, unit, { id: command.id, ...change.end });
        return;
      default:
        change satisfies never;
    }
  }

  /** Hands on what was given to connections that the device has here. */
  #send(device: MappedDevice, open: readonly DeviceCommand[]): void {
    const { given, hubId } = this.#deps;
    const { id } = device.unit.device;
    const ended = this.#looking.get(id)?.ended;
    for (const { command, givenTo, isRecalled } of open) {
      if (givenTo?.hubId !== hubId || isRecalled || given.get(command.id)) continue;
      if (ended?.has(command.id)) continue;
      const session = this.#sessions.at(id, givenTo);
      if (session) this.#sendOne(device, session, command);
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
      mayBeDone: command.heldAtMs !== null,
      ...{ isWritten: false, isWithdrawn: false, isOver: false },
      ...{ steps: [], cancelTimer: undefined },
    };
    given.add(one);
    const isOnItsWay = broker.sendTo(session, {
      site: device.unit.siteId,
      draft: {
        topic: place.topic,
        payload: Buffer.from(withCommandId(message, command.id)),
        ...{ qos: QOS.atLeastOnce, isRetained: false, author: HUB_AUTHOR, sessionKey: null },
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
      this.#end(one, one.mayBeDone ? UNKNOWN.end : { outcome: 'failed', code: 'unit_bad_request' });
    } else if (one.expiresAtMs !== null && one.expiresAtMs <= clock.nowMs()) {
      this.#end(one, one.mayBeDone ? UNKNOWN.end : { outcome: 'expired', code: 'expired' });
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
    const ending = store()
      .catch((error: unknown) => {
        this.#deps.log.warn({ err: error, commandId: id }, 'end of a command not stored');
      })
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #connected(session: LiveSession): void {
    const { principal } = session;
    if (principal.kind !== 'device') return;
    this.#sessions.add(principal.deviceId, session);
    this.look(principal.deviceId);
  }

  #disconnected(session: LiveSession): void {
    const { principal } = session;
    if (principal.kind !== 'device') return;
    this.#sessions.remove(principal.deviceId, session);
    // They are remembered until what became of them is stored.
    for (const one of this.#deps.given.ofSession(session)) one.isOver = true;
    this.look(principal.deviceId);
  }

  async #hubsAlive(): Promise<ReadonlySet<HubId>> {
    const alive = (await hubsOnRecord(this.#deps.db)).map(({ id }) => id);
    return new Set([...alive, this.#deps.hubId]);
  }

  #sweepLater(ms: number): void {
    this.#cancelLook?.();
    if (this.#isClosed) return;
    this.#cancelLook = this.#deps.clock.after(ms, () => {
      void this.sweep()
        .then(
          () => this.#deps.isShared,
          (error: unknown) => {
            this.#failures.failed(error);
            return true;
          },
        )
        .then((isAgain) => {
          if (isAgain) this.#sweepLater(LOOK_MS);
        });
    });
  }
}

interface Look {
  /** Something has come since. */
  isStale: boolean;
  /** Commands that have ended since it has read what is open. */
  readonly ended: Set<CommandId>;
  readonly run: Promise<void>;
}
