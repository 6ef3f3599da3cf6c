import type { UnitView } from '#protocol/http/units.ts';
import { PropertyRow } from './property-row.tsx';

interface ControlsTileProps {
  readonly unit: UnitView;
  readonly properties: readonly string[];
}

/** A unit of a kind nobody foresaw: its first controls, as its description gives them. */
export function ControlsTile({ unit, properties }: ControlsTileProps) {
  return properties.map((name) => <PropertyRow key={name} unit={unit} name={name} compact />);
}
