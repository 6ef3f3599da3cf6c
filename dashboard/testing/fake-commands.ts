import { isFinal } from '#protocol/command/command-state.ts';
import type { Command, TraceStep } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { SiteEventData } from '#protocol/events/site-event.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { EventSaid } from '#protocol/events/event-outcome.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { type BaseId, CommandId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';
import { carrierIn } from '../src/state/carrier.ts';
import { ADA } from './fake-events.ts';

/** Duration of each stage of a simulated command. */
const STAGE_MS = { dispatched: 4, received: 12, running: 9, done: 26 };

/** What commands need of a fake site. */
export interface CommandedSite {
  readonly bases: ReadonlyMap<string, BaseView>;
  readonly units: ReadonlyMap<string, UnitView>;
  /** Makes every stage take longer. */
  readonly slowness: number;
  /** Makes the units refuse commands. */
  readonly refusal: ErrorCode | undefined;
  putUnit(unit: UnitView): void;
  measure(unitId: UnitView['id'], property: string, value: ScalarValue): void;
  happen(said: EventSaid & { readonly actor?: Actor }): void;
  actorOf(baseId: BaseId | null): Actor;
  publishPart(part: SitePart): void;
}

/** The commands of a site in memory, and boards that execute them. */
export class FakeCommands {
  readonly entries = new Map<string, { command: Command; trace: TraceStep[] }>();
  readonly #site: CommandedSite;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(site: CommandedSite) {
    this.#site = site;
  }

  send(unit: UnitView, request: CommandRequest): Command {
    const id = request.id ?? newId(CommandId);
    const known = this.entries.get(id);
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
      seq: this.entries.size + 1,
      state: 'queued',
      issuedBy: 'user',
      createdAt: now,
      expiresAt: request.verb === 'set' ? null : toInstant(Date.now() + 10_000),
      endedAt: null,
    };
    const stored: TraceStep = { stage: 'hub_stored', at: now, state: 'queued' };
    const trace: TraceStep[] = [{ stage: 'hub_received', at: now }, stored];
    this.entries.set(id, { command, trace });
    this.#site.happen({ type: 'command.issued', actor: ADA, data: this.#said(command) });
    this.#setDesired(command);
    this.#changed(id);
    const carrier = carrierIn(this.#site.bases, unit.endpoint);
    if (carrier?.presence.state === 'online') this.#execute(id);
    else if (request.verb === 'invoke') this.#finish(id, 'failed', 'base_offline');
    return command;
  }

  cancel(id: CommandId): Command | undefined {
    this.#finish(id, 'cancelled', 'cancelled');
    return this.entries.get(id)?.command;
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
    this.#later(STAGE_MS.received + STAGE_MS.running + STAGE_MS.done, () => this.#answer(id));
  }

  #answer(id: string): void {
    const entry = this.entries.get(id);
    if (!entry || isFinal(entry.command.state)) return;
    const { refusal } = this.#site;
    this.#step(id, { stage: 'base_matched', ...(refusal ? { code: refusal } : {}) });
    this.#step(id, { stage: 'base_recorded' });
    this.#step(id, { stage: 'hub_verified' });
    if (refusal) {
      this.#finish(id, 'failed', refusal);
      return;
    }
    this.#report(entry.command);
    this.#finish(id, 'succeeded');
  }

  #report({ unitId, operation, affordance, input }: Command): void {
    if (operation !== 'writeproperty') return;
    if (typeof input === 'boolean' || typeof input === 'number' || typeof input === 'string') {
      this.#site.measure(unitId, affordance, input);
    }
  }

  /** Keeps a desired value until it ends; a newer one replaces an older one. */
  #setDesired({ id, unitId, verb, affordance, input }: Command): void {
    const unit = this.#site.units.get(unitId);
    const value = ScalarValue.safeParse(input);
    if (!unit || verb !== 'set' || !value.success) return;
    const older = unit.desired[affordance];
    if (older && this.entries.get(older.commandId)?.command.state === 'queued') {
      this.#finish(older.commandId, 'superseded', 'superseded');
    }
    const version = (older?.version ?? 0) + 1;
    const own = { value: value.data, version, commandId: id, setAtMs: Date.now() };
    this.#site.putUnit({ ...unit, desired: { ...unit.desired, [affordance]: own } });
  }

  #settle({ id, unitId }: Command): void {
    const unit = this.#site.units.get(unitId);
    if (!unit) return;
    const desired = Object.entries(unit.desired).filter(([, own]) => own.commandId !== id);
    if (desired.length === Object.keys(unit.desired).length) return;
    this.#site.putUnit({ ...unit, desired: Object.fromEntries(desired) });
  }

  #step(id: string, step: Omit<TraceStep, 'at'>): void {
    const entry = this.entries.get(id);
    if (!entry || isFinal(entry.command.state)) return;
    entry.trace.push({ ...step, at: toInstant(Date.now()) });
    if (step.state) entry.command = { ...entry.command, state: step.state };
    this.#changed(id);
  }

  #finish(id: string, state: Command['state'], code?: ErrorCode): void {
    const entry = this.entries.get(id);
    if (!entry || isFinal(entry.command.state)) return;
    const at = toInstant(Date.now());
    const why = code === undefined ? {} : { code };
    const stage = state === 'cancelled' ? 'out_of_band' : 'hub_recorded';
    entry.trace.push({ stage, at, state, ...why });
    entry.command = { ...entry.command, state, endedAt: at, ...why };
    const data = { ...this.#said(entry.command), state, issuedBy: ADA, ...why };
    const actor = this.#site.actorOf(entry.command.baseId);
    this.#site.happen({ type: 'command.ended', actor, data });
    this.#changed(id);
    this.#settle(entry.command);
  }

  #said(command: Command): SiteEventData<'command.issued'> {
    const { id: commandId, unitId, baseId, verb, operation, affordance, input } = command;
    const unitName = this.#site.units.get(unitId)?.name;
    return {
      ...{ commandId, unitId, verb, operation, affordance },
      ...(baseId === null ? {} : { baseId }),
      ...(unitName === undefined ? {} : { unitName }),
      ...(input === undefined ? {} : { input }),
    };
  }

  #changed(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    const { command, trace } = entry;
    this.#site.publishPart({ name: 'command.changed', body: { command, trace: [...trace] } });
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms * this.#site.slowness);
    this.#timers.add(timer);
  }
}
