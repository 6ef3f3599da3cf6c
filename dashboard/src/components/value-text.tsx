import type { ScalarSchema, ScalarValue } from '#protocol/thing/data-schema.ts';
import { valueText } from '../format/number-text.ts';
import './value-text.css';

interface ValueTextProps {
  readonly schema: ScalarSchema | undefined;
  readonly value: ScalarValue | undefined;
  /** As many as the property's other values have, if the schema does not say. */
  readonly decimals?: number | undefined;
}

/** A narrow no-break space between a number and its unit. */
const NARROW_SPACE = '\u202f';

/** A value with its unit set smaller; a colour with a swatch. */
export function ValueText({ schema, value, decimals }: ValueTextProps) {
  const { text, unit } = valueText(schema, value, { decimals });
  const isColor = schema?.type === 'string' && schema.format === 'color' && value !== undefined;
  return (
    <span className="value number">
      {isColor ? <span className="value-swatch" style={{ background: String(value) }} /> : null}
      <bdi>{text}</bdi>
      {unit === '' ? null : (
        <>
          {NARROW_SPACE}
          <span className="value-unit">{unit}</span>
        </>
      )}
    </span>
  );
}

interface ReportedProps extends ValueTextProps {
  readonly property: string;
}

/** A value reported by the unit, marked as such for tests and tools. */
export function ReportedValue({ property, schema, value, decimals }: ReportedProps) {
  return (
    <span
      data-testid={`reported-${property}`}
      data-value={value === undefined ? '' : String(value)}
    >
      <ValueText schema={schema} value={value} decimals={decimals} />
    </span>
  );
}
