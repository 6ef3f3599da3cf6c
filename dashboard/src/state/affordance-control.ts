import type { PropertyAffordance, ThingDescription } from '#protocol/thing/thing-description.ts';

/** How a property is shown and, where it can be written, set. */
export type Control =
  | { readonly kind: 'value' }
  | { readonly kind: 'switch' }
  | { readonly kind: 'color' }
  | { readonly kind: 'select'; readonly options: readonly (number | string)[] }
  | { readonly kind: 'slider'; readonly min: number; readonly max: number; readonly step: number }
  | {
      readonly kind: 'number';
      readonly min?: number;
      readonly max?: number;
      readonly step?: number;
      readonly integer: boolean;
    }
  | { readonly kind: 'text'; readonly maxBytes?: number }
  | { readonly kind: 'bytes'; readonly maxBytes?: number };

/** A slider with more positions than this cannot be aimed with a thumb. */
const MAX_SLIDER_STEPS = 1_000;

/** The control of a property, from nothing but its description. */
export function controlOf(property: PropertyAffordance): Control {
  if (property.readOnly) return { kind: 'value' };
  switch (property.type) {
    case 'boolean':
      return { kind: 'switch' };
    case 'integer':
    case 'number':
      return numberControl(property);
    case 'string': {
      if (property.format === 'color') return { kind: 'color' };
      if (property.enum && property.enum.length > 0)
        return { kind: 'select', options: property.enum };
      const limit = property.maxLength === undefined ? {} : { maxBytes: property.maxLength };
      return property.contentEncoding === 'base64'
        ? { kind: 'bytes', ...limit }
        : { kind: 'text', ...limit };
    }
    default:
      return property satisfies never;
  }
}

function numberControl(
  property: Extract<PropertyAffordance, { type: 'integer' | 'number' }>,
): Control {
  const { minimum, maximum, multipleOf } = property;
  const integer = property.type === 'integer';
  if (property.type === 'integer' && property.enum && property.enum.length > 0) {
    return { kind: 'select', options: property.enum };
  }
  if (minimum !== undefined && maximum !== undefined && maximum > minimum) {
    const step = multipleOf ?? (integer ? 1 : (maximum - minimum) / 100);
    if ((maximum - minimum) / step <= MAX_SLIDER_STEPS) {
      return { kind: 'slider', min: minimum, max: maximum, step };
    }
  }
  return {
    kind: 'number',
    integer,
    ...(minimum === undefined ? {} : { min: minimum }),
    ...(maximum === undefined ? {} : { max: maximum }),
    ...(multipleOf === undefined ? {} : { step: multipleOf }),
  };
}

/** What a unit's tile is, and which of its properties it shows. */
export type TilePlan =
  | {
      readonly kind: 'lamp';
      readonly power?: string;
      readonly color?: string;
      readonly brightness?: string;
    }
  | { readonly kind: 'sensor'; readonly property: string; readonly others: readonly string[] }
  | { readonly kind: 'controls'; readonly properties: readonly string[] }
  /** Actions and events only. */
  | { readonly kind: 'bare' }
  /** Never reached: its capabilities are unknown. */
  | { readonly kind: 'undescribed' };

const MAX_OTHERS = 2;
const MAX_CONTROLS = 3;

/** The tile of a unit: meaning first (`sb:semantic`), then the form of its properties. */
export function planTile(description: ThingDescription | null): TilePlan {
  if (!description) return { kind: 'undescribed' };
  const properties = Object.entries(description.properties);
  const meaning = (name: string) =>
    properties.find(([, property]) => property['sb:semantic'] === name && !property.readOnly)?.[0];
  const power = meaning('light.switch');
  const color = meaning('light.color');
  const brightness = meaning('light.brightness');
  if (power !== undefined || color !== undefined || brightness !== undefined) {
    return {
      kind: 'lamp',
      ...(power === undefined ? {} : { power }),
      ...(color === undefined ? {} : { color }),
      ...(brightness === undefined ? {} : { brightness }),
    };
  }
  const plain = properties.filter(([, property]) => !isDiagnostic(property));
  const sensors = plain.filter(([, property]) => property['sb:semantic']?.startsWith('sensor.'));
  const readable = plain.filter(([, property]) => property.readOnly);
  const [main, ...others] = sensors.length > 0 ? sensors : readable;
  const writable = plain.filter(([, property]) => !property.readOnly && !property.writeOnly);
  if (main && (sensors.length > 0 || writable.length === 0)) {
    const rest = others.slice(0, MAX_OTHERS).map(([name]) => name);
    return { kind: 'sensor', property: main[0], others: rest };
  }
  if (writable.length > 0) {
    return { kind: 'controls', properties: writable.slice(0, MAX_CONTROLS).map(([name]) => name) };
  }
  return { kind: 'bare' };
}

/** Facts about the board rather than about the world: firmware, signal, memory. */
export function isDiagnostic(property: PropertyAffordance): boolean {
  return property['sb:semantic']?.startsWith('diagnostic.') ?? false;
}

/** Whether the hub keeps a history of it: numbers and switches. */
export function hasHistory(property: PropertyAffordance): boolean {
  return property.type !== 'string' && !property.writeOnly;
}
