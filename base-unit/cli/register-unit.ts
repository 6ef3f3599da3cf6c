import { AppError } from '#protocol/errors.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { DataFolder } from '../config/data-folder.ts';
import { isPaired } from '../pairing/save-pairing.ts';
import { notifyUnitsChanged } from '../status/status-client.ts';
import { openStore } from '../store/store.ts';
import { addUnit, type UnitToAdd } from '../units/add-unit.ts';

export interface RegisteredUnit {
  readonly unitId: UnitId;
  /** Whether a base runs there, and serves the unit from now on. */
  readonly isServed: boolean;
}

/** @throws AppError `not_found` before pairing. */
export function checkPaired(folder: DataFolder): void {
  if (isPaired(folder)) return;
  throw new AppError('not_found', { details: { hint: 'pair', folder: folder.path } });
}

/**
 * Adds a unit with its key to the base of a data folder, which may run or not.
 *
 * @throws AppError as {@link addUnit} and {@link checkPaired}
 */
export async function registerUnit(folder: DataFolder, unit: UnitToAdd): Promise<RegisteredUnit> {
  checkPaired(folder);
  const store = openStore({ path: folder.database });
  let unitId: UnitId;
  try {
    unitId = store.commit(() => addUnit(unit, store));
  } finally {
    store.close();
  }
  return { unitId, isServed: await notifyBase(folder) };
}

/** Has the base of a data folder look at its units again. @returns whether one runs there. */
export async function notifyBase(folder: DataFolder): Promise<boolean> {
  try {
    await notifyUnitsChanged(folder.statusSocket);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_ready') return false;
    throw error;
  }
}
