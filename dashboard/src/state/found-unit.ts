import type { UnitView } from '#protocol/http/units.ts';
import type { FoundUnit } from '#protocol/hub-link/discovery.ts';
import type { BaseId } from '#protocol/ids.ts';
import { baseIdOf } from '#protocol/unit-endpoint.ts';

/** The owner of a unit that announces itself near a base. */
export type FoundOwner =
  | { readonly kind: 'free' }
  | { readonly kind: 'added'; readonly unit: UnitView }
  | { readonly kind: 'elsewhere'; readonly unit: UnitView };

/** Units of other bases of the site are known by their hardware; those of others' sites are not. */
export function ownerOf(
  found: Pick<FoundUnit, 'hardwareId' | 'unitId'>,
  baseId: BaseId,
  units: readonly UnitView[],
): FoundOwner {
  const own = units.find(({ id }) => id === found.unitId);
  if (own) return { kind: 'added', unit: own };
  const same = units.find(({ identity }) => identity?.hardwareId === found.hardwareId);
  if (!same) return { kind: 'free' };
  return { kind: baseIdOf(same.endpoint) === baseId ? 'added' : 'elsewhere', unit: same };
}
