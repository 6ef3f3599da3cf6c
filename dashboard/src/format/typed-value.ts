import type { ScalarSchema, ScalarValue } from '#protocol/thing/data-schema.ts';
import { checkValue } from '#protocol/thing/check-value.ts';

export type Typed =
  | { readonly ok: true; readonly value: ScalarValue }
  | { readonly ok: false; readonly reason: string };

/** Typed text as a value of the schema, or why it does not fit. */
export function parseTyped(schema: ScalarSchema, typed: string): Typed {
  const value = valueOf(schema, typed.trim());
  const misfit = checkValue(schema, value);
  return misfit ? { ok: false, reason: misfit.reason } : { ok: true, value };
}

function valueOf(schema: ScalarSchema, text: string): ScalarValue {
  switch (schema.type) {
    case 'boolean':
      return text === 'true';
    case 'integer':
    case 'number':
      return text === '' ? Number.NaN : Number(text.replace(',', '.'));
    case 'string':
      return text;
    default:
      return schema satisfies never;
  }
}
