import type { UnitView } from '#protocol/http/units.ts';
import { useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** Decimals that a unit's property has been seen with: all of its values get as many. */
export function useDecimals(unit: UnitView, property: string): number | undefined {
  return useReadable(useSite().store.decimals.at(`${unit.id}/${property}`));
}
