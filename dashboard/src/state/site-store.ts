import type { Command, TraceStep } from '#protocol/command/command.ts';
import type { SiteView } from '#protocol/http/accounts.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UpdateTransfer } from '#protocol/hub-link/site-channel.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { BaseId, type CommandId, type RolloutId, type UnitId } from '#protocol/ids.ts';
import type { Reading, ReadingGap } from '#protocol/reading.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { decimalsSent } from '../format/number-text.ts';
import type { Clock } from '#client/clock.ts';
import type { SiteChange } from '#client/site-change.ts';
import { Cell } from '#client/cell.ts';
import { type CommandRecord, withNews } from './command-record.ts';
import { KeyedCells } from './keyed-cells.ts';
import { type RosterEntry, rosterOf, sameEntry } from './roster.ts';
import {
  type AddedReadings,
  extendSparkline,
  newestInForce,
  type Sparkline,
  withReadings,
} from './unit-readings.ts';
import { own } from './own.ts';

interface SiteStoreDeps {
  readonly clock: Clock;
  readonly onReport: (
    unitId: UnitId,
    property: string,
    value: UnitView['reported'][string]['value'],
  ) => void;
  readonly onCommand: (command: Command) => void;
}

type GapListener = (gap: ReadingGap) => void;
type ReadingsListener = (readings: readonly Reading[]) => void;

/** Commands kept in memory; older ones are fetched again when opened. */
const MAX_COMMANDS = 300;

/** All that is known of the site on screen. Filled by snapshots and deltas, read through cells. */
export class SiteStore {
  readonly site = new Cell<SiteView | undefined>(undefined);
  readonly units = new KeyedCells<UnitId, UnitView>();
  /** The units without their values: changes when one comes, goes, moves or changes its presence. */
  readonly roster = new Cell<readonly RosterEntry[]>([]);
  readonly bases = new KeyedCells<BaseId, BaseView>();
  readonly commands = new KeyedCells<CommandId, CommandRecord>();
  /** The last command requested for each unit. */
  readonly latestCommands = new KeyedCells<UnitId, CommandId>();
  readonly rollouts = new KeyedCells<RolloutId, RolloutView>();
  /** Progress of an image transfer to a unit. */
  readonly transfers = new KeyedCells<UnitId, UpdateTransfer>();
  readonly sparklines = new KeyedCells<`${UnitId}/${string}`, Sparkline>();
  /** The most decimals that a property without a step was seen with. */
  readonly decimals = new KeyedCells<`${UnitId}/${string}`, number>();
  /** The user's order of the tiles. */
  readonly layout = new Cell<readonly string[]>([]);
  /** Hub's clock minus this machine's. */
  readonly clockOffsetMs = new Cell(0);
  readonly #deps: SiteStoreDeps;
  readonly #gapListeners = new Map<UnitId, Set<GapListener>>();
  readonly #readingsListeners = new Map<UnitId, Set<ReadingsListener>>();

  constructor(deps: SiteStoreDeps) {
    this.#deps = deps;
  }

  /** Now, on the hub's clock. */
  readonly hubNow = (): number => this.#deps.clock.nowMs() + this.clockOffsetMs.get();

  applySnapshot(snapshot: SiteSnapshot): void {
    this.clockOffsetMs.set(snapshot.serverTimeMs - this.#deps.clock.nowMs());
    this.site.set(snapshot.site);
    this.bases.replaceAll(snapshot.bases.map((base) => [base.id, base]));
    this.units.replaceAll(snapshot.units.map((unit) => [unit.id, unit]));
    this.#readRoster();
    this.sparklines.replaceAll(
      snapshot.units.flatMap((unit) =>
        Object.entries(own(snapshot.sparklines, unit.id) ?? {}).map(
          ([property, points]) => [`${unit.id}/${property}`, points] as const,
        ),
      ),
    );
    this.layout.set(snapshot.layout);
    this.rollouts.replaceAll(snapshot.rollouts.map((rollout) => [rollout.id, rollout]));
    for (const command of snapshot.commands.toReversed()) this.#putCommand(command, [], undefined);
    for (const unit of snapshot.units) this.#notifyReported(unit);
    for (const command of snapshot.commands) this.#deps.onCommand(command);
  }

  applyChange(change: SiteChange): void {
    switch (change.name) {
      case 'unit.changed':
        this.putUnit(change.body.unit);
        return;
      case 'unit.values':
        this.#putValues(change.body);
        return;
      case 'unit.removed':
        this.#removeUnit(change.body.unitId);
        return;
      case 'unit.event':
        // What happened is read from the stored events.
        return;
      case 'base.changed':
        this.putBase(change.body.base);
        return;
      case 'base.removed': {
        const id = BaseId.safeParse(change.body.baseId);
        if (id.success) this.bases.delete(id.data);
        return;
      }
      case 'command.changed':
        this.putCommand(change.body.command, change.body.trace);
        return;
      case 'command.progress': {
        const { commandId, state, step } = change.body;
        const known = this.commands.get(commandId);
        if (known) this.putCommand({ ...known.command, state }, [...known.steps, step]);
        return;
      }
      case 'readings.added':
        this.#addReadings(change.body.unitId, change.body);
        return;
      case 'readings.dropped':
        this.#addGap(change.body.unitId, change.body.gap);
        return;
      case 'rollout.changed':
        this.putRollout(change.body.rollout);
        return;
      case 'update.progress':
        this.transfers.set(change.body.unitId, change.body);
        return;
      default:
        change satisfies never;
    }
  }

  putUnit(unit: UnitView): void {
    const before = this.units.get(unit.id);
    this.units.set(unit.id, unit);
    if (!before || !sameEntry(before, unit)) this.#readRoster();
    this.#notifyReported(unit);
  }

  putRollout(rollout: RolloutView): void {
    this.rollouts.set(rollout.id, rollout);
  }

  putBase(base: BaseView): void {
    this.bases.set(base.id, base);
  }

  /** News of a command: from the hub, or from this page where it was just made. */
  putCommand(command: Command, steps: readonly TraceStep[]): void {
    const latest = this.#putCommand(command, steps, this.hubNow());
    this.#deps.onCommand(latest);
  }

  /** Each batch of a unit's readings as it arrives, for a chart's live edge. */
  onReadings(unitId: UnitId, listener: ReadingsListener): () => void {
    const listeners = this.#readingsListeners.get(unitId) ?? new Set();
    this.#readingsListeners.set(unitId, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) {
        this.#readingsListeners.delete(unitId);
      }
    };
  }

  /** Each gap in a unit's readings as it is reported, for a chart. */
  onGap(unitId: UnitId, listener: GapListener): () => void {
    const listeners = this.#gapListeners.get(unitId) ?? new Set();
    this.#gapListeners.set(unitId, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) {
        this.#gapListeners.delete(unitId);
      }
    };
  }

  #readRoster(): void {
    this.roster.set(rosterOf(this.units.values(), this.roster.get()));
  }

  /** Nothing is kept of a removed unit except its commands. */
  #removeUnit(unitId: UnitId): void {
    const properties = Object.keys(this.units.get(unitId)?.description?.properties ?? {});
    for (const property of properties) {
      this.sparklines.delete(`${unitId}/${property}`);
      this.decimals.delete(`${unitId}/${property}`);
    }
    this.latestCommands.delete(unitId);
    this.transfers.delete(unitId);
    this.units.delete(unitId);
    this.#readRoster();
  }

  #addGap(unitId: UnitId, gap: ReadingGap): void {
    for (const listener of this.#gapListeners.get(unitId) ?? []) listener(gap);
  }

  #putCommand(
    command: Command,
    steps: readonly TraceStep[],
    seenAtMs: number | undefined,
  ): Command {
    const known = this.commands.get(command.id);
    const record = withNews(known, { command, steps }, seenAtMs);
    this.commands.set(command.id, record);
    const latest = this.latestCommands.get(command.unitId);
    // Ids of commands sort by the time they were made.
    if (latest === undefined || latest < command.id) {
      this.latestCommands.set(command.unitId, command.id);
    }
    const [oldest, ...rest] = this.commands.keys.get();
    if (oldest !== undefined && rest.length >= MAX_COMMANDS) this.commands.delete(oldest);
    return record.command;
  }

  #putValues(change: Extract<SiteChange, { name: 'unit.values' }>['body']): void {
    const { unitId, reported, desired } = change;
    const before = this.units.get(unitId);
    if (before) this.putUnit({ ...before, reported, desired });
  }

  #addReadings(unitId: UnitId, added: AddedReadings): void {
    const { readings } = added;
    const unit = this.units.get(unitId);
    if (!unit) return;
    this.units.set(unitId, withReadings(unit, added));
    for (const { property, value, measuredAtMs } of newestInForce(added)) {
      const points = this.sparklines.get(`${unitId}/${property}`);
      if (points && typeof value === 'number') {
        this.sparklines.set(`${unitId}/${property}`, extendSparkline(points, measuredAtMs, value));
      }
    }
    for (const { property, value } of readings) {
      this.#noteDecimals(unitId, property, value);
      this.#deps.onReport(unitId, property, value);
    }
    for (const listener of this.#readingsListeners.get(unitId) ?? []) listener(readings);
  }

  #noteDecimals(unitId: UnitId, property: string, value: unknown): void {
    if (typeof value !== 'number') return;
    const key = `${unitId}/${property}` as const;
    const decimals = decimalsSent(value);
    if (decimals > (this.decimals.get(key) ?? -1)) this.decimals.set(key, decimals);
  }

  #notifyReported(unit: UnitView): void {
    for (const [property, state] of Object.entries(unit.reported)) {
      this.#noteDecimals(unit.id, property, state.value);
      this.#deps.onReport(unit.id, property, state.value);
    }
  }
}
