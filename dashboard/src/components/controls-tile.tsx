import type { UnitView } from '#protocol/http/units.ts';
import { own } from '../state/own.ts';
import { PropertyRow } from './property-row.tsx';
import { PropertyNotes } from './tile-notes.tsx';
import { ReportedValue } from './value-text.tsx';

interface ControlsTileProps {
  readonly unit: UnitView;
  readonly properties: readonly string[];
  /** The unit is unreachable: the reported values are outdated. */
  readonly stale: boolean;
}

/** A unit of unknown kind: its first controls, from its description. */
export function ControlsTile({ unit, properties, stale }: ControlsTileProps) {
  const readable = properties.filter(
    (name) => own(unit.description?.properties, name)?.writeOnly !== true,
  );
  return (
    <>
      {properties.map((name) => (
        <PropertyRow key={name} unit={unit} name={name} compact />
      ))}
      <div className="tile-slot">
        {readable.length === 0 ? null : (
          <div className="tile-reported">
            <span>{stale ? 'Last reported' : 'Reported'}</span>
            {readable.map((name) => (
              <ReportedValue
                key={name}
                property={name}
                schema={own(unit.description?.properties, name)}
                value={own(unit.reported, name)?.value}
              />
            ))}
          </div>
        )}
        {properties.map((name) => (
          <PropertyNotes key={name} unit={unit} name={name} />
        ))}
      </div>
    </>
  );
}
