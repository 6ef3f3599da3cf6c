import type { Control } from '../state/affordance-control.ts';
import { unitSign } from '../format/number-text.ts';
import { ColorControl } from './color-control.tsx';
import { RangeControl } from './range-control.tsx';
import { SelectField } from './select-field.tsx';
import { Toggle } from './toggle.tsx';
import { TypedControl } from './typed-control.tsx';
import type { PropertyHandle } from './use-property.ts';
import { ReportedValue } from './value-text.tsx';

interface PropertyControlProps {
  /** With the name of the unit. */
  readonly accessibleName: string;
  readonly control: Control;
  readonly property: PropertyHandle;
  readonly name?: string;
}

/** The right control for a property, chosen from its description. */
export function PropertyControl({
  accessibleName,
  control,
  property,
  name = '',
}: PropertyControlProps) {
  const { shown, schema } = property;
  switch (control.kind) {
    case 'value':
      return (
        <strong className="property-value">
          <ReportedValue
            property={name}
            schema={schema}
            value={property.reported}
            decimals={property.decimals}
          />
        </strong>
      );
    case 'switch':
      return (
        <Toggle
          accessibleName={accessibleName}
          checked={shown === true}
          disabled={property.locked}
          onChange={property.set}
        />
      );
    case 'color':
      return (
        <ColorControl
          label={typeof shown === 'string' ? shown : 'Choose'}
          accessibleName={accessibleName}
          value={typeof shown === 'string' ? shown : '#ffffff'}
          disabled={property.locked}
          onChange={property.set}
        />
      );
    case 'select':
      return (
        <SelectField
          aria-label={accessibleName}
          value={shown === undefined ? '' : String(shown)}
          disabled={property.locked}
          options={[
            ...(shown === undefined ? [{ value: '', label: '–' }] : []),
            ...control.options.map((option) => ({
              value: String(option),
              label: `${option} ${unitSign(schema?.unit)}`.trim(),
            })),
          ]}
          onChange={(event) => {
            const chosen = control.options.find(
              (option) => String(option) === event.currentTarget.value,
            );
            if (chosen !== undefined) property.set(chosen);
          }}
        />
      );
    case 'slider':
      return (
        <RangeControl
          label={accessibleName}
          value={typeof shown === 'number' ? shown : control.min}
          min={control.min}
          max={control.max}
          step={control.step}
          unit={schema?.unit}
          unknown={shown === undefined}
          wanted={property.wanted !== undefined}
          disabled={property.locked}
          onChange={property.set}
        />
      );
    case 'number':
    case 'text':
    case 'bytes':
      return <TypedControl label={accessibleName} property={property} />;
    default:
      return control satisfies never;
  }
}
