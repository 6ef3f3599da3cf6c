import { AppError } from '#protocol/errors.ts';
import type { BaseId, CommandId, UnitId, UpdateId } from '#protocol/ids.ts';
import { type CommandRecord, findCommand, findCommands } from '../../store/commands.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { type UnitUpdateRecord, findUnitUpdate } from '../../store/unit-updates.ts';
import { type PlainUnit, type UnitRecord, findPlainUnit } from '../../store/units.ts';
import type { BaseEndpointRecord } from '../../store/unit-endpoint.ts';
import type { UnitCache } from './unit-cache.ts';

declare const checked: unique symbol;

/**
 * A record that was verified to belong to the reporting base. Handlers of base messages
 * accept records only in this form, and only {@link OwnedRecords} creates them: a
 * handler cannot forget the check.
 */
export type Owned<T> = T & { readonly [checked]: true };

/** A unit, which then stands behind that base. */
export type OwnedUnit<T extends PlainUnit = PlainUnit> = Owned<
  T & { readonly endpoint: BaseEndpointRecord }
>;

/** Who sent a message, proven by its signature or by its socket. */
export interface Sender {
  readonly id: BaseId;
}

/** Looks up the records named in a base's messages, for the base they belong to and no other. */
export class OwnedRecords {
  readonly #directory: UnitCache;

  constructor(deps: { readonly directory: UnitCache }) {
    this.#directory = deps.directory;
  }

  /** @throws AppError `command_unknown`, `event_foreign`. */
  async command(db: Db, sender: Sender, id: CommandId): Promise<Owned<CommandRecord>> {
    const command = await findCommand(db, id);
    if (!command) throw new AppError('command_unknown');
    if (!isCommandOf(sender, command)) throw new AppError('event_foreign');
    return command;
  }

  /** Those of these commands that are the sender's. */
  async commands(
    db: Db,
    sender: Sender,
    ids: readonly CommandId[],
  ): Promise<Owned<CommandRecord>[]> {
    const commands = await findCommands(db, ids);
    return commands.filter((command) => isCommandOf(sender, command));
  }

  /** With its description, which is remembered. @throws AppError `unit_unknown`, `event_foreign`. */
  async unit(tx: Tx, sender: Sender, id: UnitId): Promise<OwnedUnit<UnitRecord>> {
    const unit = await this.#directory.findIn(tx, id);
    if (!unit) throw new AppError('unit_unknown');
    if (!isUnitOf(sender, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /** As of this transaction. @throws AppError `unit_unknown`, `event_foreign`. */
  async plainUnit(db: Db, sender: Sender, id: UnitId): Promise<OwnedUnit> {
    const unit = await findPlainUnit(db, id);
    if (!unit) throw new AppError('unit_unknown');
    if (!isUnitOf(sender, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /** Undefined for one that nobody has yet. @throws AppError `event_foreign`. */
  async unitOrNone(tx: Tx, sender: Sender, id: UnitId): Promise<OwnedUnit<UnitRecord> | undefined> {
    const unit = await this.#directory.findIn(tx, id);
    if (unit && !isUnitOf(sender, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /**
   * The update of a unit. Undefined if there is none (any more): it is deleted with its
   * unit or rollout, and later reports are outdated.
   *
   * @throws AppError `event_foreign` for an update, or a unit, of another base.
   */
  async update(
    db: Db,
    sender: Sender,
    ids: { readonly updateId: UpdateId; readonly unitId: UnitId },
  ): Promise<Owned<UnitUpdateRecord> | undefined> {
    const update = await findUnitUpdate(db, ids.updateId);
    if (!update) return undefined;
    const unit = await findPlainUnit(db, update.unitId);
    if (!unit || !isUpdateOf(sender, update, { unit, named: ids.unitId })) {
      throw new AppError('event_foreign');
    }
    return update;
  }
}

function isCommandOf(sender: Sender, command: CommandRecord): command is Owned<CommandRecord> {
  return command.baseId === sender.id;
}

function isUnitOf<T extends PlainUnit>(sender: Sender, unit: T): unit is OwnedUnit<T> {
  return unit.endpoint.kind === 'base' && unit.endpoint.baseId === sender.id;
}

/** Also of the unit that the message names, and not of another one of the same base. */
function isUpdateOf(
  sender: Sender,
  update: UnitUpdateRecord,
  of: { readonly unit: PlainUnit; readonly named: UnitId },
): update is Owned<UnitUpdateRecord> {
  return update.unitId === of.named && of.unit.id === of.named && isUnitOf(sender, of.unit);
}
