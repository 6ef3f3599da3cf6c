import { create } from '@bufbuild/protobuf';
import { parseColor } from '../thing/color.ts';
import type { ScalarSchema, ScalarValue } from '../thing/data-schema.ts';
import { checkValue, type Misfit } from '../thing/check-value.ts';
import { type Value, ValueSchema } from './unit_link_pb.ts';

export type Encoded =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly misfit: Misfit };

/** A JSON value as the unit link carries it, by its schema. */
export function encodeValue(schema: ScalarSchema, json: unknown): Encoded {
  const misfit = checkValue(schema, json);
  if (misfit) return { ok: false, misfit };
  return { ok: true, value: create(ValueSchema, { kind: kindOf(schema, json) }) };
}

function kindOf(schema: ScalarSchema, json: unknown): Value['kind'] {
  switch (schema.type) {
    case 'boolean':
      return { case: 'boolean', value: json === true };
    case 'integer':
      return { case: 'integer', value: BigInt(Number(json)) };
    case 'number':
      return { case: 'number', value: Number(json) };
    case 'string': {
      const text = String(json);
      if (schema.format === 'color') {
        const hex = parseColor(text)?.slice(1) ?? '';
        return { case: 'color', value: Number.parseInt(hex, 16) };
      }
      return schema.contentEncoding === 'base64'
        ? { case: 'data', value: Uint8Array.from(atob(text), (char) => char.charCodeAt(0)) }
        : { case: 'text', value: text };
    }
    default:
      return schema satisfies never;
  }
}

/**
 * A value of the unit link as JSON, or undefined if it does not fit the schema: a unit
 * that contradicts its own description is not trusted.
 */
export function decodeValue(
  schema: ScalarSchema,
  value: Value | undefined,
): ScalarValue | undefined {
  const json = value === undefined ? undefined : jsonOf(value);
  return json === undefined || checkValue(kindOnly(schema), json) ? undefined : json;
}

function jsonOf(value: Value): ScalarValue | undefined {
  switch (value.kind.case) {
    case 'boolean':
    case 'number':
    case 'text':
      return value.kind.value;
    case 'integer': {
      const number = Number(value.kind.value);
      return Number.isSafeInteger(number) ? number : undefined;
    }
    case 'data':
      return btoa(String.fromCharCode(...value.kind.value));
    case 'color':
      return value.kind.value > 0xffffff
        ? undefined
        : `#${value.kind.value.toString(16).padStart(6, '0')}`;
    case undefined:
      return undefined;
    default:
      return value.kind satisfies never;
  }
}

/** Bounds hold for desired values; a sensor may measure outside of what its maker expected. */
function kindOnly(schema: ScalarSchema): ScalarSchema {
  switch (schema.type) {
    case 'integer':
    case 'number':
    case 'boolean':
      return { type: schema.type };
    case 'string':
      return schema;
    default:
      return schema satisfies never;
  }
}
