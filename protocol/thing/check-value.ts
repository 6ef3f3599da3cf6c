import type { Json } from '../json.ts';
import { parseColor } from './color.ts';
import type { DataSchema, ScalarSchema } from './data-schema.ts';

/** Why a value does not fit its schema: `path` names the field, '' the value itself. */
export interface Misfit {
  readonly path: string;
  readonly reason: string;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Checks a JSON value against a unit's data schema: the same rules as the
 * unit's own (docs/unit-link.md section 5.2), so that the hub refuses early
 * what the unit would refuse late.
 *
 * @returns undefined when the value fits.
 */
export function checkValue(schema: DataSchema, value: unknown): Misfit | undefined {
  if (schema.type !== 'object') return checkScalar(schema, value, '');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { path: '', reason: 'must be an object' };
  }
  const fields = new Map(Object.entries(value));
  for (const [name, fieldSchema] of Object.entries(schema.properties)) {
    if (!fields.has(name)) return { path: name, reason: 'is missing' };
    const misfit = checkScalar(fieldSchema, fields.get(name), name);
    if (misfit) return misfit;
    fields.delete(name);
  }
  const [surplus] = fields.keys();
  return surplus === undefined ? undefined : { path: surplus, reason: 'is not known' };
}

function checkScalar(schema: ScalarSchema, value: unknown, path: string): Misfit | undefined {
  const misfit = (reason: string): Misfit => ({ path, reason });
  switch (schema.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : misfit('must be true or false');
    case 'integer':
      if (!Number.isSafeInteger(value)) return misfit('must be a whole number');
      return checkNumber(schema, Number(value), path);
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return misfit('must be a number');
      return checkNumber(schema, value, path);
    case 'string':
      return typeof value === 'string'
        ? checkString(schema, value, path)
        : misfit('must be a string');
    default:
      return schema satisfies never;
  }
}

function checkNumber(
  schema: Extract<ScalarSchema, { type: 'integer' | 'number' }>,
  value: number,
  path: string,
): Misfit | undefined {
  if (schema.minimum !== undefined && value < schema.minimum) {
    return { path, reason: `must be at least ${schema.minimum}` };
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    return { path, reason: `must be at most ${schema.maximum}` };
  }
  if (schema.type === 'integer' && schema.enum && !schema.enum.includes(value)) {
    return { path, reason: `must be one of ${schema.enum.join(', ')}` };
  }
  return undefined;
}

function checkString(
  schema: Extract<ScalarSchema, { type: 'string' }>,
  value: string,
  path: string,
): Misfit | undefined {
  if (schema.format === 'color') {
    return parseColor(value) === undefined
      ? { path, reason: 'must be a colour like #ff8800, #f80 or orange' }
      : undefined;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    return { path, reason: `must be one of ${schema.enum.join(', ')}` };
  }
  let bytes: number;
  if (schema.contentEncoding === 'base64') {
    if (!BASE64.test(value)) return { path, reason: 'must be base64' };
    bytes = (value.length / 4) * 3 - (value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0);
  } else {
    bytes = new TextEncoder().encode(value).length;
  }
  return schema.maxLength !== undefined && bytes > schema.maxLength
    ? { path, reason: `must be at most ${schema.maxLength} bytes` }
    : undefined;
}

/**
 * The canonical form of a value that fits its schema: colours as `#rrggbb` in lower
 * case, everything else unchanged. Requested and reported values can then be compared.
 */
export function canonicalValue(schema: DataSchema, value: Json): Json {
  if (schema.type === 'object') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        const fieldSchema = Object.hasOwn(schema.properties, name)
          ? schema.properties[name]
          : undefined;
        return [name, fieldSchema ? canonicalValue(fieldSchema, field) : field];
      }),
    );
  }
  const isColor = schema.type === 'string' && schema.format === 'color';
  return isColor && typeof value === 'string' ? (parseColor(value) ?? value) : value;
}
