import type { UnitView } from '#protocol/http/units.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { PropertyAffordance } from '#protocol/thing/thing-description.ts';
import { type PropertyView, viewProperty } from '../state/desired-value.ts';
import { useDecimals } from './use-decimals.ts';
import { useSite } from './services.ts';
import { useMay } from './use-may.ts';
import { useReadable } from './use-readable.ts';
import { own } from '../state/own.ts';

export interface PropertyHandle extends PropertyView {
  readonly schema: PropertyAffordance | undefined;
  /** This person may see it and not set it. */
  readonly locked: boolean;
  /** Decimals of its values, if the schema does not say. */
  readonly decimals: number | undefined;
  readonly set: (value: ScalarValue) => void;
  /** Puts the reason of a refusal away. */
  readonly dismiss: () => void;
}

/** A property of a unit: reported and desired value, and a function to set it. */
export function useProperty(unit: UnitView, name: string): PropertyHandle {
  const { desiredValues, commandClient } = useSite();
  const desired = useReadable(desiredValues.at(unit.id, name));
  return {
    ...viewProperty(own(unit.reported, name), own(unit.desired, name), desired),
    locked: !useMay('unit.control'),
    decimals: useDecimals(unit, name),
    schema: own(unit.description?.properties, name),
    set: (value) => commandClient.setProperty(unit, name, value),
    dismiss: () => desiredValues.dismiss(unit.id, name),
  };
}
