import type { Command } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type {
  SiteDelta,
  SitePart,
  SiteResumed,
  UpdateTransfer,
} from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import type { DiscoveryAnswer, ProbeAnswer } from '#protocol/hub-link/discovery.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { EventSaid } from '#protocol/events/event-outcome.ts';
import { SiteEvent, versionOf } from '#protocol/events/site-event.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import type { Role } from '#protocol/access/roles.ts';
import type { SiteView } from '#protocol/http/accounts.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { FirmwareView } from '#protocol/http/firmware.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { BaseId, type CommandId, Epoch, newId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { fakeUnit, type FakeUnitOptions } from './fake-unit.ts';
import { FakeCommands } from './fake-commands.ts';
import { ADA, fakeEventsPage } from './fake-events.ts';
import { daylight } from './fake-readings.ts';

export type Publish = (delta: SiteDelta) => void;

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
  readonly #commands = new FakeCommands(this);
  readonly commands = this.#commands.entries;

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
    this.publishPart({ name: 'base.changed', body: { base } });
  }

  addUnit(base: BaseView, options: FakeUnitOptions): UnitView {
    const count = this.units.size + 1;
    const unit = fakeUnit({ siteId: this.site.id, baseId: base.id, count }, options);
    this.units.set(unit.id, unit);
    this.publishPart({ name: 'unit.changed', body: { unit } });
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
        actor: this.actorOf(baseIdOf(unit.endpoint)),
        data,
      });
    }
    this.units.set(unit.id, unit);
    this.publishPart({ name: 'unit.changed', body: { unit } });
  }

  putRollout(rollout: RolloutView): void {
    this.rollouts.set(rollout.id, rollout);
    const { id: rolloutId, firmware, state, step, hold } = rollout;
    const { model, version } = firmware;
    const data = { rolloutId, model, version, state, step, hold };
    this.happen({ type: 'rollout.changed', actor: ADA, data });
    this.publishPart({ name: 'rollout.changed', body: { rollout } });
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
    this.publishPart({ name: 'unit.removed', body: { unitId: id } });
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

  /** Who reports what comes from behind a base. */
  actorOf(baseId: BaseId | null): Actor {
    if (baseId === null) return HUB_ACTOR;
    const base = this.bases.get(baseId);
    return { kind: 'base', id: baseId, ...(base ? { name: base.name } : {}) };
  }

  send(unit: UnitView, request: CommandRequest): Command {
    return this.#commands.send(unit, request);
  }

  cancel(id: CommandId): Command | undefined {
    return this.#commands.cancel(id);
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
    this.#commands.close();
  }

  publishPart(part: SitePart): void {
    this.rev += 1;
    const place = { epoch: this.epoch, after: this.#published, rev: this.rev };
    this.#published = this.rev;
    this.publish({ place, parts: [part] });
  }

  #live(part: SitePart): void {
    this.publish({ readings: this.readings, parts: [part] });
  }
}
