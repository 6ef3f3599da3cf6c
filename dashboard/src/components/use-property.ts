import type { UnitView } from '#protocol/http/units.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import type { PropertyAffordance } from '#protocol/thing/thing-description.ts';
import { type PropertyView, viewProperty } from '../state/wish.ts';
import { useDecimals } from './use-decimals.ts';
import { useSite } from './services.ts';
import { useMay } from './use-may.ts';
import { useReadable } from './use-readable.ts';
import { own } from '../state/own.ts';

export interface PropertyHandle extends PropertyView {
  readonly schema: PropertyAffordance | undefined;
  /** This person may see it and not set it. */
  readonly locked: boolean;
  /** Decimals of its values, where its schema does not say. */
  readonly decimals: number | undefined;
  readonly set: (value: ScalarValue) => void;
  /** Puts the reason of a refusal away. */
  readonly dismiss: () => void;
}

/** A property of a unit: reported, wanted, and the way to want something else. */
export function useProperty(unit: UnitView, name: string): PropertyHandle {
  const { wishes, commander } = useSite();
  const wish = useReadable(wishes.at(unit.id, name));
  return {
    ...viewProperty(own(unit.reported, name), own(unit.desired, name), wish),
    locked: !useMay('unit.control'),
    decimals: useDecimals(unit, name),
    schema: own(unit.description?.properties, name),
    set: (value) => commander.setProperty(unit, name, value),
    dismiss: () => wishes.dismiss(unit.id, name),
  };
}
