import { AppError } from '#protocol/errors.ts';
import type { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { UnitProtection } from '../store/unit-protection.ts';

/** A unit added by a person at the base, with its key. */
export interface UnitToAdd {
  readonly hardwareId: string;
  readonly name: string;
  readonly address: UnitAddress;
  readonly key: Uint8Array;
}

export interface AddUnitDeps {
  readonly units: {
    readonly all: () => StoredUnit[];
    readonly putAdded: (unit: Omit<UnitAssignment, 'update'>) => void;
    readonly learnHardwareId: (unitId: UnitId, hardwareId: string) => void;
    readonly protect: (unitId: UnitId, protection: UnitProtection) => void;
  };
}

/**
 * Stores a unit and its key at the base. A unit that is known already, by its hardware
 * id or by an address that was never reached, gets the key and keeps its id. Call
 * inside a transaction.
 *
 * @throws AppError `unit_address_taken` when another unit has the address,
 * `unit_limit`.
 */
export function addUnit(unit: UnitToAdd, { units }: AddUnitDeps): UnitId {
  const { hardwareId, name, address, key } = unit;
  const all = units.all();
  const there = all.find((one) => isSame(one.address, address));
  const known = all.find((one) => one.hardwareId === hardwareId);
  if (there && there.hardwareId !== null && there !== known) {
    throw new AppError('unit_address_taken', { details: { unit: there.name } });
  }
  const before = known ?? there;
  if (!before && all.length >= LIMITS.unitsPerBase) throw new AppError('unit_limit');
  const unitId = before?.unitId ?? newId(UnitId);
  if (before) {
    units.learnHardwareId(unitId, hardwareId);
    // The hub decides the address of its units; they are also looked up by announcement.
    const { origin, link } = before;
    if (origin === 'added') {
      units.putAdded({ unitId, name: before.name, address, link, hardwareId });
    }
  } else {
    units.putAdded({ unitId, name, address, link: 'frames', hardwareId });
  }
  units.protect(unitId, { kind: 'encrypted', key });
  return unitId;
}

function isSame(a: UnitAddress, b: UnitAddress): boolean {
  return a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase();
}
