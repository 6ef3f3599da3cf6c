import { z } from 'zod';
import { type Json } from '../json.ts';

const MAX_CHARS = 200;
const MAX_STEPS = 8;
/** Longer arrays are not written by a pointer, which would fill what lies before it. */
const ARRAY_INDEX = /^(?:0|[1-9]\d{0,4})$/;

/** Where a value stands in a JSON document (RFC 6901): `''` is the whole, `/a/0` its parts. */
export const JsonPointer = z
  .string()
  .max(MAX_CHARS)
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'must be a JSON Pointer like /battery/level')
  .refine((pointer) => stepsOf(pointer).length <= MAX_STEPS, `has more than ${MAX_STEPS} steps`);
export type JsonPointer = z.infer<typeof JsonPointer>;

/** The value at a place; undefined where the document has none. */
export function valueAt(document: Json, pointer: JsonPointer): Json | undefined {
  let value: Json | undefined = document;
  for (const step of stepsOf(pointer)) {
    if (Array.isArray(value)) value = ARRAY_INDEX.test(step) ? value[Number(step)] : undefined;
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) {
      value = value[step];
    } else return undefined;
  }
  return value;
}

/** The document with a value at a place; objects that are not there are made on the way. */
export function withValueAt(document: Json, pointer: JsonPointer, value: Json): Json {
  const [step, ...rest] = stepsOf(pointer);
  if (step === undefined) return value;
  const members: Record<string, Json> =
    typeof document === 'object' && document !== null && !Array.isArray(document) ? document : {};
  const below = Object.hasOwn(members, step) ? members[step] : undefined;
  const deeper = withValueAt(below ?? {}, pointerOf(rest), value);
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries([
    ...Object.entries(members).filter(([name]) => name !== step),
    [step, deeper],
  ]);
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function pointerOf(steps: readonly string[]): JsonPointer {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
