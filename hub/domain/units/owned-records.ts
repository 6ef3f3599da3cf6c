import { AppError } from '#protocol/errors.ts';
import type { BaseId, CommandId, UnitId, UpdateId } from '#protocol/ids.ts';
import { type CommandRecord, findCommand, findCommands } from '../../store/commands.ts';
import type { Db, Tx } from '../../store/schema.ts';
import { type UnitUpdateRecord, findUnitUpdate } from '../../store/unit-updates.ts';
import { type PlainUnit, type UnitRecord, findPlainUnit } from '../../store/units.ts';
import type { UnitCache } from './unit-cache.ts';

declare const checked: unique symbol;

/**
 * A record of which it was checked that it belongs to the base that speaks of it.
 * Whatever handles a message of a base takes its records in this form, and
 * {@link OwnedRecords} alone makes them: a handler cannot forget the check.
 */
export type Owned<T> = T & { readonly [checked]: true };

/** Who sent a message, proven by its signature or by its socket. */
export interface Sender {
  readonly id: BaseId;
}

/** The records that messages of bases speak of, for the base they belong to and no other. */
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
  async unit(tx: Tx, sender: Sender, id: UnitId): Promise<Owned<UnitRecord>> {
    const unit = await this.#directory.findIn(tx, id);
    if (!unit) throw new AppError('unit_unknown');
    if (!isUnitOf(sender, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /** As it stands in this transaction. @throws AppError `unit_unknown`, `event_foreign`. */
  async plainUnit(db: Db, sender: Sender, id: UnitId): Promise<Owned<PlainUnit>> {
    const unit = await findPlainUnit(db, id);
    if (!unit) throw new AppError('unit_unknown');
    if (!isUnitOf(sender, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /** Undefined for one that nobody has yet. @throws AppError `event_foreign`. */
  async unitOrNone(tx: Tx, sender: Sender, id: UnitId): Promise<Owned<UnitRecord> | undefined> {
    const unit = await this.#directory.findIn(tx, id);
    if (unit && !isUnitOf(sender, unit)) throw new AppError('event_foreign');
    return unit;
  }

  /**
   * The update of a unit. Undefined where there is none (any more): it goes with its
   * unit and its rollout, and what a base says of it after that is old.
   *
   * @throws AppError `event_foreign` for an update, or a unit, that is not the sender's.
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

function isUnitOf<T extends PlainUnit>(sender: Sender, unit: T): unit is Owned<T> {
  return unit.baseId === sender.id;
}

/** Also of the unit that the message names, and not of another one of the same base. */
function isUpdateOf(
  sender: Sender,
  update: UnitUpdateRecord,
  of: { readonly unit: PlainUnit; readonly named: UnitId },
): update is Owned<UnitUpdateRecord> {
  return update.unitId === of.named && of.unit.id === of.named && isUnitOf(sender, of.unit);
}
