import { AppError } from '#protocol/errors.ts';
import { Json } from '#protocol/json.ts';
import { checkValue } from '#protocol/thing/check-value.ts';
import type { DataSchema, ObjectSchema, ScalarSchema } from '#protocol/thing/data-schema.ts';

const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['off', false],
  ['false', false],
]);

/**
 * Parses a typed value by the unit's schema: a number, on or off, a colour or another
 * text as it is, an action's inputs as JSON. An action with one input accepts its bare
 * value, too.
 *
 * @throws AppError `input_invalid`, with what is expected
 */
export function typedInput(schema: DataSchema, typed: string): Json {
  const value = schema.type === 'object' ? typedObject(schema, typed) : typedScalar(schema, typed);
  const misfit = checkValue(schema, value);
  if (misfit) throw new AppError('input_invalid', { details: { ...misfit } });
  return value;
}

function typedObject(schema: ObjectSchema, typed: string): Json {
  const parsed = parsedJson(typed);
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  const [single, ...others] = Object.entries(schema.properties);
  if (!single || others.length > 0) {
    const reason = `must be JSON with ${Object.keys(schema.properties).join(', ')}`;
    throw new AppError('input_invalid', { details: { reason } });
  }
  const [name, field] = single;
  return { [name]: typedScalar(field, typed) };
}

function typedScalar(schema: ScalarSchema, typed: string): Json {
  switch (schema.type) {
    case 'boolean':
      return SWITCH.get(typed.toLowerCase()) ?? typed;
    case 'integer':
    case 'number':
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(typed) ? Number(typed) : typed;
    case 'string':
      return typed;
    default:
      return schema satisfies never;
  }
}

function parsedJson(text: string): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
