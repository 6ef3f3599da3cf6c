import { cpSync } from 'node:fs';
import { AppError } from '#protocol/errors.ts';
import type { Command } from '#protocol/command/command.ts';
import { CommandRequest } from '#protocol/http/commands.ts';
import { DeviceRequest } from '#protocol/http/devices.ts';
import { type CommandId, type SiteId, type UnitId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { actorOfSubject } from '../../domain/accounts/principal.ts';
import { insertSite } from '../../store/sites.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { UnitMapper } from '../../store/unit-mapper.ts';
import { findUnit } from '../../store/units.ts';
import { SOCKET } from '../device-unit.ts';
import { MemoryExchange } from '../memory-bus.ts';
import { copyOfDatabase, temporaryDatabase } from '../test-database.ts';
import type { TestEngine } from '../test-store.ts';
import { DeviceHub } from './device-hub.ts';
import {
  type ConnectOptions,
  ModelConnection,
  type Received,
  type RegisteredDevice,
} from './model-device.ts';
import { turn } from './model-hub.ts';

/** Data with a device that is a unit, copied for each run. */
export interface FurnishedPlace extends RegisteredDevice {
  readonly place: StorePlace;
  readonly unitId: UnitId;
}

export interface DeviceIntent {
  readonly request: CommandRequest;
  /** The command that a hub answered with, once it has. */
  accepted: CommandId | undefined;
}

/** What became of a command at the device, and in its own words. */
export interface Truth {
  /** Each time that its bytes left for the device. */
  readonly writes: { readonly connection: ModelConnection; readonly atMs: number }[];
  /** What it answered, and the hub acknowledged. */
  readonly answers: Set<'succeeded' | 'failed'>;
  /** What it answered at all: the hub may have stored it, and died before the acknowledgement. */
  readonly words: Set<'succeeded' | 'failed'>;
  isAcknowledged: boolean;
}

export interface DeviceWait {
  /** Where it waits: nothing comes from one that has died. */
  readonly hub: DeviceHub;
  answer: Command | undefined;
}

const ISSUER = 'user:model';
const HUB = { account: 'test', actor: { kind: 'hub' } } as const;
const START_MS = Date.UTC(2026, 0, 1);
/** Rounds without anything under way, before there is nothing more. */
const QUIET_ROUNDS = 6;
const DAY_MS = 86_400_000;

/** A device that is a unit, and one hub, or two on one database. */
export class DeviceFixture {
  readonly clock: ManualClock;
  readonly intents: DeviceIntent[] = [];
  readonly waits: DeviceWait[] = [];
  readonly accepted = new Set<CommandId>();
  readonly truths = new Map<CommandId, Truth>();
  /** Values that the device said it has, of the property that confirms by its state. */
  readonly states = new Set<boolean>();
  /** What must not be, as soon as it is seen. */
  readonly violations: string[] = [];
  /** Commands that a look has found to be over. */
  readonly ended = new Set<CommandId>();
  /** Hubs were killed that may have had commands for the device. */
  hasDied = false;
  readonly #furnished: FurnishedPlace;
  readonly #place: StorePlace;
  readonly #exchange = new MemoryExchange();
  readonly #hubs: DeviceHub[] = [];
  readonly #connections: ModelConnection[] = [];
  readonly #received: Received[] = [];
  readonly #faults: unknown[] = [];
  #inFlight = 0;
  #dead: DeviceHub[] = [];

  private constructor(furnished: FurnishedPlace, place: StorePlace) {
    this.#furnished = furnished;
    this.#place = place;
    this.clock = new ManualClock(START_MS);
  }

  static async open(furnished: FurnishedPlace, cleanup: Cleanup): Promise<DeviceFixture> {
    const dataFolder = temporaryFolder(cleanup);
    const { database } = furnished.place;
    const onCleanup = (undo: () => Promise<void>): void => cleanup.add(undo);
    if (database === undefined) cpSync(furnished.place.dataFolder, dataFolder, { recursive: true });
    const copy = database === undefined ? undefined : await copyOfDatabase(database, onCleanup);
    const fixture = new DeviceFixture(furnished, { dataFolder, database: copy });
    for (let count = copy === undefined ? 1 : 2; count > 0; count -= 1) await fixture.#begin();
    return fixture;
  }

  get siteId(): SiteId {
    return this.#furnished.siteId;
  }

  get db() {
    return this.hub(0).store.db;
  }

  get hubs(): readonly DeviceHub[] {
    return this.#hubs;
  }

  hub(pick: number): DeviceHub {
    const hub = this.#hubs[pick % this.#hubs.length];
    if (!hub) throw new Error('no hub is left');
    return hub;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS;) {
      // A round trip to the database takes as long as what is under way there.
      if (this.#place.database === undefined) await turn();
      else await this.db.selectFrom('hubs').select('id').execute();
      await turn();
      const isBusy = this.#inFlight > 0 || this.#hubs.some((hub) => hub.isBusy);
      quiet = isBusy ? 0 : quiet + 1;
    }
    const [fault] = this.#faults;
    if (fault !== undefined) throw new Error('something failed that must not', { cause: fault });
    const [violation] = this.violations;
    if (violation !== undefined) throw new Error(violation);
  }

  issue(at: number, request: CommandRequest): void {
    const intent: DeviceIntent = { request, accepted: undefined };
    this.intents.push(intent);
    this.#watch(this.hub(at), (hub) => this.#request(hub, intent));
  }

  /** A retry, as by a client that got no answer: at whichever hub. */
  repeat(at: number, pick: number): void {
    const intent = pickOf(this.intents, pick);
    if (intent?.request.id) this.#watch(this.hub(at), (hub) => this.#request(hub, intent));
  }

  cancel(at: number, pick: number): void {
    const id = pickOf(this.intents, pick)?.accepted;
    if (id === undefined) return;
    const by = { account: ISSUER, actor: actorOfSubject(ISSUER) };
    this.#watch(this.hub(at), ({ services }) => services.commands.cancel(id, by));
  }

  wait(at: number, pick: number, timeoutMs: number): void {
    const id = pickOf(this.intents, pick)?.accepted;
    if (id === undefined) return;
    const wait: DeviceWait = { hub: this.hub(at), answer: undefined };
    this.waits.push(wait);
    this.#watch(
      this.hub(at),
      async ({ services }) => {
        wait.answer = await services.commands.waitForEnd(id, { timeoutMs, by: 'ada' });
      },
      // It lasts as long as its time.
      { isAwaited: false },
    );
  }

  connect(at: number, options: ConnectOptions): void {
    const hub = this.hub(at);
    const connection = new ModelConnection({
      ...this.#furnished,
      ...{ hub, options, serial: this.#connections.length },
      received: (received) => this.#arrived(received),
    });
    this.#connections.push(connection);
    this.#watch(hub, () => connection.open());
  }

  /** Of the connections that the device has one, the newest first. */
  connection(pick = 0): ModelConnection | undefined {
    const open = this.#connections.filter(({ isOpen }) => isOpen).toReversed();
    return open[pick % Math.max(1, open.length)];
  }

  cut(pick: number): void {
    this.connection(pick)?.cut();
  }

  /** The hub learns of the end of any of them. */
  endAtHub(pick: number): void {
    const connection = pickOf(this.#connections.toReversed(), pick);
    if (connection && !connection.hub.isDead)
      this.#watch(connection.hub, () => connection.endAtHub());
  }

  subscribe(pick: number): void {
    const connection = this.connection(pick);
    if (connection) this.#watch(connection.hub, () => connection.subscribe());
  }

  acknowledge(pick: number, isRefused: boolean): void {
    const received = pickOf(this.#received, this.#received.length - 1 - pick);
    if (!received?.connection.isOpen) return;
    const truth = this.#truthOf(received.id);
    if (isRefused) truth.words.add('failed');
    truth.isAcknowledged ||= !isRefused;
    received.connection.acknowledge(received.packetId, isRefused);
  }

  /** To any command that it ever got, over the connection that it has now. */
  answer(pick: number, outcome: 'succeeded' | 'failed', isByProperty: boolean): void {
    const received = pickOf(this.#received, this.#received.length - 1 - pick);
    const connection = this.connection();
    if (!received || !connection || !received.topic.endsWith('DIMMER')) return;
    const { id } = received;
    const truth = this.#truthOf(id);
    truth.words.add(outcome);
    const failure = outcome === 'failed' ? { error: 'too hot' } : {};
    const payload = JSON.stringify(isByProperty ? failure : { id, ...failure });
    this.#watch(connection.hub, async () => {
      const wasStored = await connection.publish(
        'cmnd/DIMMER/r',
        payload,
        isByProperty ? id : undefined,
      );
      if (wasStored) truth.answers.add(outcome);
    });
  }

  report(isOn: boolean): void {
    const connection = this.connection();
    if (!connection) return;
    this.states.add(isOn);
    this.#watch(connection.hub, () => connection.publish('stat/POWER', isOn ? 'true' : 'false'));
  }

  /** In good order, as after a signal. */
  async restart(pick: number): Promise<void> {
    const hub = this.hub(pick);
    await this.settle();
    for (const connection of this.#connections)
      if (connection.hub === hub) await connection.endAtHub();
    await this.settle();
    this.#hubs.splice(this.#hubs.indexOf(hub), 1);
    await hub.close();
    await this.#begin();
  }

  /** It dies after so many turns of the event loop; others learn that later. */
  async crash(pick: number, turns: number): Promise<void> {
    const hub = this.hub(pick);
    for (let count = 0; count < turns; count += 1) await turn();
    this.hasDied = true;
    this.#hubs.splice(this.#hubs.indexOf(hub), 1);
    for (const connection of this.#connections) if (connection.hub === hub) connection.cut();
    await hub.kill();
    // Alone, it is buried by its next run.
    if (this.#place.database !== undefined) this.#dead.push(hub);
    await this.#begin();
  }

  async buryDead(): Promise<void> {
    for (const { id } of this.#dead) await this.hub(0).bury(id, this.clock.nowMs());
    this.#dead = [];
  }

  /** No further failures: the device is there, and acknowledges all that it gets. */
  async comeToRest(): Promise<void> {
    await this.settle();
    await this.buryDead();
    // Whoever is gone is missed at some time.
    for (const connection of this.#connections)
      if (!connection.isOpen && !connection.hub.isDead) await connection.endAtHub();
    this.connect(0, { isCleanStart: true, expiryMs: 0, isUnnamed: false, subscribes: true });
    await this.settle();
    for (let round = 0; round < 4; round += 1) {
      for (const connection of this.#connections) if (connection.isOpen) connection.thaw();
      for (const { connection, packetId, id } of this.#received) {
        if (!connection.isOpen) continue;
        this.#truthOf(id).isAcknowledged = true;
        connection.acknowledge(packetId, false);
      }
      await this.settle();
      // Past every time to live, and the time of a late answer.
      for (const ms of [2_500, 60_000, 2_500, DAY_MS, 2_500]) {
        this.clock.suspend(ms);
        await this.settle();
      }
    }
  }

  async close(): Promise<void> {
    for (const hub of this.#hubs) await hub.kill();
  }

  async #begin(): Promise<void> {
    const deps = { place: this.#place, clock: this.clock, exchange: this.#exchange };
    this.#hubs.push(await DeviceHub.open(deps));
  }

  async #request(hub: DeviceHub, intent: DeviceIntent): Promise<void> {
    const unit = await findUnit(hub.store.db, new UnitMapper(), this.#furnished.unitId);
    if (!unit) throw new Error('no unit');
    const command = await hub.services.commands.issue({
      ...{ unit, request: CommandRequest.parse(intent.request) },
      ...{ issuedBy: ISSUER, account: ISSUER },
    });
    if (hub.isDead) return;
    if (intent.accepted !== undefined && intent.accepted !== command.id)
      this.violations.push('a repeated request made a second command');
    intent.accepted = command.id;
    this.accepted.add(command.id);
  }

  #arrived(received: Received): void {
    const { id, connection } = received;
    const truth = this.#truthOf(id);
    if (truth.writes.some((one) => one.connection === connection))
      this.violations.push(`${id} was written twice to one connection`);
    if (this.ended.has(id)) this.violations.push(`${id} was written after its end`);
    truth.writes.push({ connection, atMs: this.clock.nowMs() });
    this.#received.push(received);
  }

  #truthOf(id: CommandId): Truth {
    const known = this.truths.get(id);
    if (known) return known;
    const truth: Truth = {
      ...{ writes: [], answers: new Set<never>(), words: new Set<never>(), isAcknowledged: false },
    };
    this.truths.set(id, truth);
    return truth;
  }

  /** Refusals are answers; anything else is a fault, unless its hub is dead by then. */
  #watch(
    hub: DeviceHub,
    run: (hub: DeviceHub) => Promise<unknown>,
    { isAwaited = true } = {},
  ): void {
    let isCounted = isAwaited;
    this.#inFlight += isCounted ? 1 : 0;
    const over = (): void => {
      this.#inFlight -= isCounted ? 1 : 0;
      isCounted = false;
    };
    // What a dead hub was to do never ends.
    void hub.died.then(over);
    run(hub)
      .catch((error: unknown) => {
        const isRefusal = error instanceof AppError && error.code !== 'internal';
        if (!isRefusal && !hub.isDead) this.#faults.push(error);
      })
      .finally(over);
  }
}

function pickOf<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

/** A site with a device that is a unit, and nobody connected. */
export async function furnishPlace(engine: TestEngine, cleanup: Cleanup): Promise<FurnishedPlace> {
  const dataFolder = temporaryFolder(cleanup);
  const onCleanup = (undo: () => Promise<void>): void => cleanup.add(undo);
  const database = engine === 'sqlite' ? undefined : await temporaryDatabase(onCleanup);
  const place = { dataFolder, database };
  const clock = new ManualClock(START_MS);
  const hub = await DeviceHub.open({ place, clock, exchange: new MemoryExchange() });
  const { unitOfWork, devices, deviceViews, units } = hub.services;
  const nowMs = clock.nowMs();
  const siteId = (await unitOfWork.run(({ tx }) => insertSite(tx, 'Home', nowMs), 'model')).id;
  const clientId = 'plug';
  const request = { name: 'Plug', clientId, credential: { kind: 'password' } } as const;
  const { deviceId } = await devices.register(siteId, DeviceRequest.parse(request), HUB);
  const endpoint = { kind: 'mqtt_device', deviceId, mapping: SOCKET } as const;
  const { credentials } = await deviceViews.one(deviceId, () => Promise.resolve(undefined));
  const credentialIds = credentials.map(({ id }) => id);
  const unit = await units.addDevice(siteId, { name: 'Plug', place: '', endpoint }, HUB);
  await hub.close();
  return { place, siteId, deviceId, clientId, credentialIds, unitId: unit.id };
}
