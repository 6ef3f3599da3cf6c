import type { UnitView } from '#protocol/http/units.ts';
import { controlName } from '../format/control-name.ts';
import type { TilePlan } from '../state/affordance-control.ts';
import { ColorControl } from './color-control.tsx';
import { LampFigure } from './lamp-figure.tsx';
import { RangeControl } from './range-control.tsx';
import { TileNotes } from './tile-notes.tsx';
import { Toggle } from './toggle.tsx';
import { type PropertyHandle, useProperty } from './use-property.ts';
import { ReportedValue } from './value-text.tsx';

interface LampTileProps {
  readonly unit: UnitView;
  readonly plan: Extract<TilePlan, { kind: 'lamp' }>;
  readonly stale: boolean;
}

/** A lamp's tile is a lamp: it glows as reported, and is steered right here. */
export function LampTile({ unit, plan, stale }: LampTileProps) {
  const power = useProperty(unit, plan.power ?? '');
  const color = useProperty(unit, plan.color ?? '');
  const brightness = useProperty(unit, plan.brightness ?? '');
  const parts = [
    { name: plan.power, property: power },
    { name: plan.color, property: color },
    { name: plan.brightness, property: brightness },
  ];
  // A lamp that has never reported is not shown as lit.
  const isReported = parts.some(({ property }) => property.reported !== undefined);
  // A write-only property is never confirmed.
  const reported = parts.filter(({ name, property }) => name !== undefined && !isSilent(property));
  const waiting = reported.some(({ property }) => property.wanted !== undefined);
  return (
    <>
      <div className="tile-line lamp-line">
        <LampFigure
          power={plan.power === undefined ? isReported : power.reported}
          color={color.reported}
          brightness={brightness.reported}
          waiting={waiting}
          stale={stale}
        />
        <div className="lamp-controls" data-controls>
          {plan.power === undefined ? null : (
            <span className="lamp-switch" data-wanted={power.wanted !== undefined}>
              <Toggle
                accessibleName={controlName(unit, power.schema?.title ?? 'On')}
                checked={power.shown === true}
                disabled={power.locked}
                onChange={power.set}
              />
            </span>
          )}
          {plan.color === undefined ? null : (
            <ColorControl
              label={color.schema?.title ?? 'Colour'}
              accessibleName={controlName(unit, color.schema?.title ?? 'Colour')}
              value={typeof color.shown === 'string' ? color.shown : '#ffffff'}
              disabled={color.locked}
              onChange={color.set}
            />
          )}
        </div>
      </div>
      {brightness.schema?.type === 'integer' || brightness.schema?.type === 'number' ? (
        <RangeControl
          label={controlName(unit, brightness.schema.title ?? 'Brightness')}
          value={typeof brightness.shown === 'number' ? brightness.shown : 0}
          min={brightness.schema.minimum ?? 0}
          max={brightness.schema.maximum ?? 100}
          step={brightness.schema.multipleOf ?? 1}
          unit={brightness.schema.unit}
          unknown={brightness.shown === undefined}
          wanted={brightness.wanted !== undefined}
          disabled={brightness.locked}
          onChange={brightness.set}
        />
      ) : null}
      <div className="tile-slot">
        {reported.length === 0 ? (
          <p className="tile-reported">This lamp sends no answers: nobody knows what it shows.</p>
        ) : (
          <div className="tile-reported">
            <span>{stale ? 'Last reported' : 'Reported'}</span>
            {reported.map(({ name = '', property }) => (
              <ReportedValue
                key={name}
                property={name}
                schema={property.schema}
                value={property.reported}
              />
            ))}
          </div>
        )}
        <TileNotes unit={unit} parts={parts} />
      </div>
    </>
  );
}

function isSilent({ schema }: PropertyHandle): boolean {
  return schema?.writeOnly ?? false;
}
