import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { UnitProtection } from '../store/unit-protection.ts';

export interface AnnouncedPlacesDeps {
  readonly protectionOf: (unit: StoredUnit) => UnitProtection;
  readonly discovery: { readonly addressesOf: (hardwareId: string) => readonly UnitAddress[] };
}

/**
 * Where else than at its address a unit may be looked for: nowhere without a
 * key, which alone can tell who is there, and nowhere for a unit that the
 * configuration has at its place.
 */
export function announcedPlaces(
  unit: StoredUnit,
  { protectionOf, discovery }: AnnouncedPlacesDeps,
): readonly UnitAddress[] {
  const { origin, hardwareId } = unit;
  if (origin === 'config' || hardwareId === null) return [];
  return protectionOf(unit).kind === 'encrypted' ? discovery.addressesOf(hardwareId) : [];
}
