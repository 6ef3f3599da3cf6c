import { useId } from 'react';
import type { UnitView } from '#protocol/http/units.ts';
import { controlName } from '../format/control-name.ts';
import { controlOf } from '../state/affordance-control.ts';
import { HubAge } from './hub-age.tsx';
import { PropertyControl } from './property-control.tsx';
import { RefusalNote } from './refusal-note.tsx';
import { useProperty } from './use-property.ts';
import { useUnitPresence } from './use-unit-presence.ts';
import { ReportedValue } from './value-text.tsx';
import { DesiredNote } from './desired-note.tsx';
import { own } from '../state/own.ts';
import './property-row.css';

interface PropertyRowProps {
  readonly unit: UnitView;
  readonly name: string;
  /** Without the age of the value, and notes: the tile has its own. */
  readonly compact?: boolean;
}

/** A property: its name, its control, and the reported value next to the desired one. */
export function PropertyRow({ unit, name, compact = false }: PropertyRowProps) {
  const property = useProperty(unit, name);
  const stale = useUnitPresence(unit).tone !== 'proven';
  const labelId = useId();
  const { schema } = property;
  if (!schema) return null;
  const title = schema.title ?? name;
  const control = controlOf(schema);
  const state = own(unit.reported, name);
  const isWide = control.kind === 'slider';
  return (
    <div className="property" data-compact={compact} data-stale={stale}>
      <div className="property-line" data-wide={isWide}>
        <span className="property-label" id={labelId}>
          {title}
        </span>
        <div
          className="property-control"
          data-controls
          data-wanted={property.wanted !== undefined && !schema.writeOnly}
        >
          <PropertyControl
            accessibleName={controlName(unit, title)}
            name={name}
            control={control}
            property={property}
          />
        </div>
      </div>
      {compact ? null : (
        <div className="tile-reported">
          {schema.writeOnly ? (
            <span>Not readable</span>
          ) : control.kind === 'value' ? (
            stale && state ? (
              <span>Last known</span>
            ) : null
          ) : (
            <span>
              {state ? (stale ? 'Last reported' : 'Reported') : 'Never reported'}{' '}
              {state ? (
                <ReportedValue property={name} schema={schema} value={property.reported} />
              ) : null}
            </span>
          )}
          {state ? <HubAge atMs={state.measuredAtMs} /> : null}
        </div>
      )}
      {compact ? null : <DesiredNote unit={unit} name={name} property={property} />}
      {property.refusal && !compact ? (
        <RefusalNote title={title} refusal={property.refusal} onDismiss={property.dismiss} />
      ) : null}
    </div>
  );
}
