import { AppError } from '#protocol/errors.ts';
import type { CommandId, UnitId, UpdateId } from '#protocol/ids.ts';
import { findCommand, findCommands } from '../../store/commands.ts';
import type { CommandRecord } from '../../store/command-record.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { type UnitUpdateRecord, findUnitUpdate } from '../../store/unit-updates.ts';
import { type PlainUnit, type UnitRecord, findPlainUnit } from '../../store/units.ts';
import type { BaseEndpointRecord } from '../../store/unit-endpoint.ts';
import type { TelemetrySource } from '../../kernel/telemetry-source.ts';
import type { UnitCache } from './unit-cache.ts';

declare const checked: unique symbol;

/**
 * A record that was verified to belong to the reporting source. Handlers of reports
 * accept records only in this form, and only {@link OwnedRecords} creates them: a
 * handler cannot forget the check.
 */
export type Owned<T> = T & { readonly [checked]: true };

type BaseSource = Extract<TelemetrySource, { kind: 'base' }>;
type UnitOfBase = UnitRecord & { readonly endpoint: BaseEndpointRecord };

/** Looks up the records named in reports, for the source they belong to and no other. */
export class OwnedRecords {
  readonly #directory: UnitCache;

  constructor(deps: { readonly directory: UnitCache }) {
    this.#directory = deps.directory;
  }

  /** @throws AppError `command_unknown`, `event_foreign`. */
  async command(db: Db, source: TelemetrySource, id: CommandId): Promise<Owned<CommandRecord>> {
    const command = await findCommand(db, id);
    if (!command) throw new AppError('command_unknown');
    const unit = source.kind === 'base' ? undefined : await findPlainUnit(db, command.unitId);
    if (!isCommandOf(source, command, unit)) throw new AppError('event_foreign');
    return command;
  }

  /** Those of these commands that a base carries. */
  async commands(
    db: Db,
    source: BaseSource,
    ids: readonly CommandId[],
  ): Promise<Owned<CommandRecord>[]> {
    const commands = await findCommands(db, ids);
    return commands.filter((command) => isCommandOf(source, command, undefined));
  }

  /** With its description, which is remembered. @throws AppError `unit_unknown`, `event_foreign`. */
  async unit(tx: Tx, source: TelemetrySource, id: UnitId): Promise<Owned<UnitRecord>> {
    const unit = await this.#directory.findIn(tx, id);
    if (!unit) throw new AppError('unit_unknown');
    if (!isUnitOf(source, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /** As of this transaction. @throws AppError `unit_unknown`, `event_foreign`. */
  async plainUnit(db: Db, source: TelemetrySource, id: UnitId): Promise<Owned<PlainUnit>> {
    const unit = await findPlainUnit(db, id);
    if (!unit) throw new AppError('unit_unknown');
    if (!isUnitOf(source, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /** Undefined for one that nobody has yet. @throws AppError `event_foreign`. */
  async unitOfBase(tx: Tx, source: BaseSource, id: UnitId): Promise<Owned<UnitOfBase> | undefined> {
    const unit = await this.#directory.findIn(tx, id);
    if (unit && !isBehind(source, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /**
   * The update of a unit. Undefined if there is none (any more): it is deleted with its
   * unit or rollout, and later reports are outdated.
   *
   * @throws AppError `event_foreign` for an update, or a unit, of another source.
   */
  async update(
    db: Db,
    source: TelemetrySource,
    ids: { readonly updateId: UpdateId; readonly unitId: UnitId },
  ): Promise<Owned<UnitUpdateRecord> | undefined> {
    const update = await findUnitUpdate(db, ids.updateId);
    if (!update) return undefined;
    const unit = await findPlainUnit(db, update.unitId);
    if (!unit || !isUpdateOf(source, update, { unit, named: ids.unitId })) {
      throw new AppError('event_foreign');
    }
    return update;
  }
}

function isCommandOf(
  source: TelemetrySource,
  command: CommandRecord,
  unit: PlainUnit | undefined,
): command is Owned<CommandRecord> {
  switch (source.kind) {
    case 'base':
      return command.baseId === source.id;
    case 'mqtt_device':
      return unit !== undefined && isUnitOf(source, unit);
    default:
      return source satisfies never;
  }
}

function isUnitOf<T extends PlainUnit>(source: TelemetrySource, unit: T): unit is Owned<T> {
  const { endpoint } = unit;
  switch (source.kind) {
    case 'base':
      return endpoint.kind === 'base' && endpoint.baseId === source.id;
    case 'mqtt_device':
      return endpoint.kind === 'mqtt_device' && endpoint.deviceId === source.id;
    default:
      return source satisfies never;
  }
}

function isBehind(source: BaseSource, unit: UnitRecord): unit is Owned<UnitOfBase> {
  return isUnitOf(source, unit);
}

/** Also of the unit that the report names, and not of another one of the same source. */
function isUpdateOf(
  source: TelemetrySource,
  update: UnitUpdateRecord,
  of: { readonly unit: PlainUnit; readonly named: UnitId },
): update is Owned<UnitUpdateRecord> {
  return update.unitId === of.named && of.unit.id === of.named && isUnitOf(source, of.unit);
}
