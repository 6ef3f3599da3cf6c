import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { UnitProtection } from '../store/unit-protection.ts';

export interface DiscoveredAddressesDeps {
  readonly protectionOf: (unit: StoredUnit) => UnitProtection;
  readonly discovery: { readonly addressesOf: (hardwareId: string) => readonly UnitAddress[] };
}

/**
 * Other addresses at which a unit may be dialled. None for a unit without a key,
 * since only the key proves who answers; none for a unit of the configuration.
 */
export function discoveredAddresses(
  unit: StoredUnit,
  { protectionOf, discovery }: DiscoveredAddressesDeps,
): readonly UnitAddress[] {
  const { origin, hardwareId } = unit;
  if (origin === 'config' || hardwareId === null) return [];
  return protectionOf(unit).kind === 'encrypted' ? discovery.addressesOf(hardwareId) : [];
}
