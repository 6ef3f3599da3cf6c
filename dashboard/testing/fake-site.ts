import { isFinal } from '#protocol/command/command-state.ts';
import type { Command, TraceStep } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type {
  SiteCursor,
  SiteDelta,
  SitePart,
  SiteResumed,
  UpdateTransfer,
} from '#protocol/hub-link/site-channel.ts';
import type { DiscoveryAnswer, ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { EventSaid } from '#protocol/events/event-outcome.ts';
import { SiteEvent, type SiteEventData, versionOf } from '#protocol/events/site-event.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import type { Role } from '#protocol/access/roles.ts';
import type { SiteView } from '#protocol/http/accounts.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';
import {
  BaseId,
  type CommandId,
  CommandId as CommandIdSchema,
  Epoch,
  newId,
  SiteId,
  UserId,
} from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { carrierIn } from '../src/state/carrier.ts';
import { fakeUnit, type FakeUnitOptions } from './fake-unit.ts';
import { fakeEventsPage } from './fake-events.ts';

/** The dashboard's user. */
export const ADA_ID = newId(UserId);
const ADA: Actor = { kind: 'person', id: ADA_ID, name: 'Ada' };

export type Publish = (delta: SiteDelta) => void;

/** Duration of each stage of a simulated command. */
const STAGE_MS = { dispatched: 4, received: 12, running: 9, done: 26 };

/** One site in memory: the state of a hub, and boards that execute commands. */
export class FakeSite {
  readonly site: SiteView;
  epoch = newId(Epoch);
  rev = 0;
  readings = 0;
  /** Up to here events were removed. */
  floor = 0;
  /** Stored, oldest first. */
  readonly events: SiteEvent[] = [];
  readonly bases = new Map<string, BaseView>();
  readonly units = new Map<string, UnitView>();
  readonly commands = new Map<string, { command: Command; trace: TraceStep[] }>();
  readonly rollouts = new Map<string, RolloutView>();
  firmware: FirmwareView[] = [];
  firmwareKeys: string[] = [];
  layout: string[] = [];
  /** Slows the simulated stages down, to see them. */
  slowness = 1;
  /** Makes the units refuse commands. */
  refusal: ErrorCode | undefined;
  /** What its bases see around them. */
  discovery: DiscoveryAnswer = {
    revision: 'none',
    isSearching: true,
    units: [],
    omitted: 0,
    serialPorts: [],
  };
  /** What answers, by the last number of an address; nothing does elsewhere. */
  readonly answering = new Map<string, ProbeAnswer['outcome']>();
  publish: Publish = () => undefined;
  /** Clients have been sent events up to here. */
  #published = 0;
  readonly #timers = new Set<NodeJS.Timeout>();

  probe({ host, port }: UnitAddress): ProbeAnswer {
    const found = this.discovery.units.find(
      ({ address }) => address.host === host && address.port === port,
    );
    const outcome = this.answering.get(host.split('.').at(-1) ?? '') ?? 'nothing';
    return {
      outcome,
      code: outcome === 'nothing' ? 'unit_unreachable' : null,
      unitId: found?.unitId ?? null,
      announced: found ? { hardwareId: found.hardwareId, model: found.model } : null,
    };
  }

  constructor(name: string, role: Role = 'owner') {
    this.site = { id: newId(SiteId), name, role, createdAt: toInstant(Date.now()) };
  }

  addBase(name: string, state: BaseView['presence']['state'] = 'online'): BaseView {
    const now = toInstant(Date.now());
    const base: BaseView = {
      id: newId(BaseId),
      siteId: this.site.id,
      name,
      version: '0.1.0',
      presence: { state, since: now, lastSeenAt: now },
      createdAt: now,
    };
    this.putBase(base);
    return base;
  }

  putBase(base: BaseView): void {
    const { state, since } = base.presence;
    const before = this.bases.get(base.id)?.presence.state;
    this.bases.set(base.id, base);
    if (before !== undefined && before !== state && state !== 'unknown') {
      const data = { baseId: base.id, baseName: base.name, state, since };
      const actor: Actor = { kind: 'base', id: base.id, name: base.name };
      this.happen({ type: 'base.presence_changed', actor, data });
    }
    this.#publish({ name: 'base.changed', body: { base } });
  }

  addUnit(base: BaseView, options: FakeUnitOptions): UnitView {
    const count = this.units.size + 1;
    const unit = fakeUnit({ siteId: this.site.id, baseId: base.id, count }, options);
    this.units.set(unit.id, unit);
    this.#publish({ name: 'unit.changed', body: { unit } });
    return unit;
  }

  putUnit(unit: UnitView): void {
    const { state, since, code } = unit.presence;
    const before = this.units.get(unit.id)?.presence.state;
    if (before !== undefined && before !== state) {
      const why = code === undefined ? {} : { code };
      const data = { unitId: unit.id, unitName: unit.name, state, since, ...why };
      this.happen({
        type: 'unit.presence_changed',
        actor: this.#baseActor(baseIdOf(unit.endpoint)),
        data,
      });
    }
    this.units.set(unit.id, unit);
    this.#publish({ name: 'unit.changed', body: { unit } });
  }

  putRollout(rollout: RolloutView): void {
    this.rollouts.set(rollout.id, rollout);
    const { id: rolloutId, firmware, state, step, hold } = rollout;
    const { model, version } = firmware;
    const data = { rolloutId, model, version, state, step, hold };
    this.happen({ type: 'rollout.changed', actor: ADA, data });
    this.#publish({ name: 'rollout.changed', body: { rollout } });
  }

  transfer(transfer: UpdateTransfer): void {
    this.#live({ name: 'update.progress', body: transfer });
  }

  removeUnit(id: UnitView['id']): void {
    const unit = this.units.get(id);
    if (unit) {
      const data = {
        unitId: id,
        unitName: unit.name,
        baseId: baseIdOf(unit.endpoint) ?? undefined,
      };
      this.happen({ type: 'unit.removed', actor: ADA, data });
    }
    this.units.delete(id);
    this.#publish({ name: 'unit.removed', body: { unitId: id } });
  }

  measure(unitId: UnitView['id'], property: string, value: ScalarValue): void {
    const unit = this.units.get(unitId);
    if (!unit) return;
    const atMs = Date.now();
    const state = { value, measuredAtMs: atMs, receivedAtMs: atMs, clock: 'synced' as const };
    this.units.set(unitId, { ...unit, reported: { ...unit.reported, [property]: state } });
    const reading = { ...state, property, seq: this.readings };
    this.readings += 1;
    const body = { unitId, readings: [reading], inForce: [property] };
    this.#live({ name: 'readings.added', body });
  }

  /** Stores an event as the next of the site; clients get it with the next delta. */
  happen(said: EventSaid & Partial<Pick<SiteEvent, 'actor' | 'at'>>): void {
    this.rev += 1;
    const at = said.at ?? toInstant(Date.now());
    const of = {
      site: this.site.id,
      epoch: this.epoch,
      rev: this.rev,
      v: versionOf(said.type),
      at,
    };
    this.events.push(SiteEvent.parse({ ...of, actor: said.actor ?? { kind: 'hub' }, ...said }));
  }

  /** Notifies clients of a stored event without a change. */
  announce(): void {
    const place = { epoch: this.epoch, after: this.#published, rev: this.rev };
    this.#published = this.rev;
    this.publish({ place, parts: [] });
  }

  /** A page as the hub answers it. */
  eventsPage(query: SiteEventsQuery): SiteEventsPage {
    return fakeEventsPage(this, query);
  }

  #baseActor(baseId: BaseId | null): Actor {
    if (baseId === null) return HUB_ACTOR;
    const base = this.bases.get(baseId);
    return { kind: 'base', id: baseId, ...(base ? { name: base.name } : {}) };
  }

  send(unit: UnitView, request: CommandRequest): Command {
    const id = request.id ?? newId(CommandIdSchema);
    const known = this.commands.get(id);
    if (known) return known.command;
    const now = toInstant(Date.now());
    const command: Command = {
      id,
      siteId: unit.siteId,
      baseId: baseIdOf(unit.endpoint),
      unitId: unit.id,
      verb: request.verb,
      operation: request.operation ?? 'writeproperty',
      affordance: request.affordance,
      ...(request.input === undefined ? {} : { input: request.input }),
      seq: this.commands.size + 1,
      state: 'queued',
      issuedBy: 'user',
      createdAt: now,
      expiresAt: request.verb === 'set' ? null : toInstant(Date.now() + 10_000),
      endedAt: null,
    };
    const stored: TraceStep = { stage: 'hub_stored', at: now, state: 'queued' };
    const trace: TraceStep[] = [{ stage: 'hub_received', at: now }, stored];
    this.commands.set(id, { command, trace });
    this.happen({ type: 'command.issued', actor: ADA, data: this.#said(command) });
    this.#setDesired(command);
    this.#changed(id);
    if (carrierIn(this.bases, unit.endpoint)?.presence.state === 'online') this.#execute(id);
    else if (request.verb === 'invoke') this.#finish(id, 'failed', 'base_offline');
    return command;
  }

  cancel(id: CommandId): Command | undefined {
    this.#finish(id, 'cancelled', 'cancelled');
    return this.commands.get(id)?.command;
  }

  get cursor(): SiteCursor {
    return { epoch: this.epoch, rev: this.rev, readings: this.readings };
  }

  /** Brings a client up to date with the whole current state. */
  resumed(after: SiteCursor): SiteResumed {
    if (after.epoch !== this.epoch) return { recovered: false, reason: 'epoch' };
    return {
      recovered: true,
      parts: [
        ...[...this.bases.values()].map((base): SitePart => ({
          name: 'base.changed',
          body: { base },
        })),
        ...[...this.units.values()].map((unit): SitePart => ({
          name: 'unit.changed',
          body: { unit },
        })),
        ...[...this.commands.values()].map(({ command, trace }): SitePart => ({
          name: 'command.changed',
          body: { command, trace: [...trace] },
        })),
        ...[...this.rollouts.values()].map((rollout): SitePart => ({
          name: 'rollout.changed',
          body: { rollout },
        })),
      ],
    };
  }

  snapshot(): SiteSnapshot {
    return {
      site: this.site,
      cursor: this.cursor,
      bases: [...this.bases.values()],
      units: [...this.units.values()],
      layout: this.layout,
      rollouts: [...this.rollouts.values()],
      commands: [...this.commands.values()]
        .map(({ command }) => command)
        .reverse()
        .slice(0, 50),
      sparklines: Object.fromEntries(
        [...this.units.values()].map((unit) => [
          unit.id,
          Object.fromEntries(
            Object.entries(unit.description?.properties ?? {})
              .filter(([, schema]) => schema.readOnly && schema.type === 'number')
              .map(([name]) => [name, daylight(unit.id, name)]),
          ),
        ]),
      ),
      serverTimeMs: Date.now(),
    };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #execute(id: string): void {
    this.#later(STAGE_MS.dispatched, () =>
      this.#step(id, { stage: 'hub_sent', state: 'dispatched' }),
    );
    this.#later(STAGE_MS.received, () =>
      this.#step(id, { stage: 'base_journalled', state: 'received' }),
    );
    this.#later(STAGE_MS.received + 1, () => this.#step(id, { stage: 'base_routed' }));
    this.#later(STAGE_MS.received + STAGE_MS.running, () => {
      this.#step(id, { stage: 'base_dequeued' });
      this.#step(id, { stage: 'base_written', state: 'running' });
    });
    this.#later(STAGE_MS.received + STAGE_MS.running + STAGE_MS.done, () => {
      const entry = this.commands.get(id);
      if (!entry || isFinal(entry.command.state)) return;
      this.#step(id, { stage: 'base_matched', ...(this.refusal ? { code: this.refusal } : {}) });
      this.#step(id, { stage: 'base_recorded' });
      this.#step(id, { stage: 'hub_verified' });
      if (this.refusal) {
        this.#finish(id, 'failed', this.refusal);
        return;
      }
      this.#report(entry.command);
      this.#finish(id, 'succeeded');
    });
  }

  #report({ unitId, operation, affordance, input }: Command): void {
    if (operation !== 'writeproperty') return;
    if (typeof input === 'boolean' || typeof input === 'number' || typeof input === 'string') {
      this.measure(unitId, affordance, input);
    }
  }

  /** Keeps a desired value until it ends; a newer one replaces an older one. */
  #setDesired({ id, unitId, verb, affordance, input }: Command): void {
    const unit = this.units.get(unitId);
    const value = ScalarValue.safeParse(input);
    if (!unit || verb !== 'set' || !value.success) return;
    const older = unit.desired[affordance];
    if (older && this.commands.get(older.commandId)?.command.state === 'queued') {
      this.#finish(older.commandId, 'superseded', 'superseded');
    }
    const version = (older?.version ?? 0) + 1;
    const own = { value: value.data, version, commandId: id, setAtMs: Date.now() };
    this.putUnit({ ...unit, desired: { ...unit.desired, [affordance]: own } });
  }

  #settle({ id, unitId }: Command): void {
    const unit = this.units.get(unitId);
    if (!unit) return;
    const desired = Object.entries(unit.desired).filter(([, own]) => own.commandId !== id);
    if (desired.length === Object.keys(unit.desired).length) return;
    this.putUnit({ ...unit, desired: Object.fromEntries(desired) });
  }

  #step(id: string, step: Omit<TraceStep, 'at'>): void {
    const entry = this.commands.get(id);
    if (!entry || isFinal(entry.command.state)) return;
    entry.trace.push({ ...step, at: toInstant(Date.now()) });
    if (step.state) entry.command = { ...entry.command, state: step.state };
    this.#changed(id);
  }

  #finish(id: string, state: Command['state'], code?: ErrorCode): void {
    const entry = this.commands.get(id);
    if (!entry || isFinal(entry.command.state)) return;
    const at = toInstant(Date.now());
    const why = code === undefined ? {} : { code };
    entry.trace.push({
      stage: state === 'cancelled' ? 'out_of_band' : 'hub_recorded',
      at,
      state,
      ...why,
    });
    entry.command = { ...entry.command, state, endedAt: at, ...why };
    const data = { ...this.#said(entry.command), state, issuedBy: ADA, ...why };
    this.happen({ type: 'command.ended', actor: this.#baseActor(entry.command.baseId), data });
    this.#changed(id);
    this.#settle(entry.command);
  }

  #said(command: Command): SiteEventData<'command.issued'> {
    const { id: commandId, unitId, baseId, verb, operation, affordance, input } = command;
    const unitName = this.units.get(unitId)?.name;
    return {
      ...{ commandId, unitId, verb, operation, affordance },
      ...(baseId === null ? {} : { baseId }),
      ...(unitName === undefined ? {} : { unitName }),
      ...(input === undefined ? {} : { input }),
    };
  }

  #changed(id: string): void {
    const entry = this.commands.get(id);
    if (!entry) return;
    const { command, trace } = entry;
    this.#publish({ name: 'command.changed', body: { command, trace: [...trace] } });
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms * this.slowness);
    this.#timers.add(timer);
  }

  #publish(part: SitePart): void {
    this.rev += 1;
    const place = { epoch: this.epoch, after: this.#published, rev: this.rev };
    this.#published = this.rev;
    this.publish({ place, parts: [part] });
  }

  #live(part: SitePart): void {
    this.publish({ readings: this.readings, parts: [part] });
  }
}

/** A plausible day: a different curve for each unit, dark at night, with some noise. */
export function daylight(seed: string, property: string): [number, number][] {
  const phase = phaseOf(seed);
  const nowMs = Date.now();
  return Array.from({ length: 96 }, (_, index) => {
    const atMs = nowMs - (96 - index) * 900_000;
    return [atMs, plausible(property, atMs, phase)];
  });
}

export function plausible(property: string, atMs: number, phase: number): number {
  const hour = (atMs / 3_600_000 + (phase % 5)) % 24;
  const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI));
  const noise = Math.sin(atMs / 40_000 + phase) + Math.sin(atMs / 7_000 + phase * 2);
  switch (property) {
    case 'temperature':
      return Math.round((18 + 4 * sun + 0.2 * noise) * 10) / 10;
    case 'humidity':
      return Math.round(52 - 12 * sun + noise);
    default:
      return Math.round((12 + 620 * sun + 8 * noise) * 10) / 10;
  }
}

/** A number that differs from unit to unit. */
export function phaseOf(id: string): number {
  return Array.from(id).reduce((sum, char) => sum + char.charCodeAt(0), 0);
}
