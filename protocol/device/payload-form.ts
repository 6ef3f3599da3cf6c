import { z } from 'zod';
import { Json } from '../json.ts';
import { checkValue } from '../thing/check-value.ts';
import { type ScalarSchema, ScalarValue } from '../thing/data-schema.ts';
import { JsonPointer, valueAt, withValueAt } from './json-pointer.ts';

const MAX_WORDS = 32;
const MAX_WORD_CHARS = 64;

const shared = {
  /** What the device says instead of a value: `{"ON": true, "OFF": false}`. */
  words: z
    .record(z.string().min(1).max(MAX_WORD_CHARS), ScalarValue)
    .refine((words) => Object.keys(words).length <= MAX_WORDS, `more than ${MAX_WORDS} words`)
    .optional(),
  /** The device's number times this is ours: 0.001 for a device that counts millivolts. */
  factor: z
    .number()
    .refine((factor) => factor !== 0, 'must not be 0')
    .optional(),
};

/** How one value stands in a payload: as its whole text, or at a place of a JSON document. */
export const PayloadForm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), ...shared }),
  z.strictObject({
    kind: z.literal('json'),
    pointer: JsonPointer,
    /** What a document that is written holds besides: `{"transition": 1}`. */
    rest: z.record(z.string().max(MAX_WORD_CHARS), Json).optional(),
    ...shared,
  }),
]);
export type PayloadForm = z.infer<typeof PayloadForm>;

/** A value, or why there is none: `path` and `reason` as of a value that does not fit. */
export type Picked =
  | { readonly ok: true; readonly value: ScalarValue }
  | {
      readonly ok: false;
      readonly reason: string;
      /** The document has nothing there, or null. */
      readonly isAbsent?: true;
    };

/** More than a sensor has, and fewer than a double. */
const SIGNIFICANT_DIGITS = 12;
const NUMBER_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const TRUE_TEXT = /^(?:true|on|1|yes)$/i;
const FALSE_TEXT = /^(?:false|off|0|no)$/i;

/** Picks a value from a payload. A device's text may come with spaces and a line end around it. */
export function readPayload(form: PayloadForm, schema: ScalarSchema, payload: string): Picked {
  const found = form.kind === 'text' ? textIn(payload) : valueIn(payload, form.pointer);
  if (!found.ok) return found;
  const { raw } = found;
  const value = meant(form, schema, raw);
  if (value === undefined) {
    const reason = `${shown(raw)} is no ${schema.type}`;
    return { ok: false, reason, ...(raw === null ? { isAbsent: true } : {}) };
  }
  const misfit = checkValue(schema, value);
  return misfit ? { ok: false, reason: `${shown(raw)} ${misfit.reason}` } : { ok: true, value };
}

/** The payload that says a value to the device. */
export function writePayload(form: PayloadForm, value: ScalarValue): string {
  const said = wordFor(form, value);
  if (form.kind === 'text') return typeof said === 'string' ? said : String(said);
  return JSON.stringify(withValueAt(form.rest ?? {}, form.pointer, said));
}

function meant(form: PayloadForm, schema: ScalarSchema, raw: Json): ScalarValue | undefined {
  const { words = {}, factor = 1 } = form;
  const word = typeof raw === 'object' ? undefined : String(raw);
  if (word !== undefined && Object.hasOwn(words, word)) return words[word];
  switch (schema.type) {
    case 'boolean':
      return booleanOf(raw);
    case 'integer': {
      const number = numberOf(raw);
      return number === undefined ? undefined : Math.round(times(number, factor));
    }
    case 'number': {
      const number = numberOf(raw);
      return number === undefined ? undefined : times(number, factor);
    }
    case 'string':
      if (raw === null) return undefined;
      return typeof raw === 'object' ? JSON.stringify(raw) : String(raw);
    default:
      return schema satisfies never;
  }
}

function booleanOf(raw: Json): boolean | undefined {
  if (typeof raw === 'boolean') return raw;
  if (typeof raw !== 'string' && typeof raw !== 'number') return undefined;
  if (TRUE_TEXT.test(String(raw))) return true;
  return FALSE_TEXT.test(String(raw)) ? false : undefined;
}

function numberOf(raw: Json): number | undefined {
  if (typeof raw === 'number') return raw;
  return typeof raw === 'string' && NUMBER_TEXT.test(raw) ? Number(raw) : undefined;
}

/** 3300 times 0.001 is 3.3, and not 3.3000000000000003: both are the same to who compares them. */
function times(number: number, factor: number): number {
  return factor === 1 ? number : Number((number * factor).toPrecision(SIGNIFICANT_DIGITS));
}

function wordFor({ words = {}, factor = 1 }: PayloadForm, value: ScalarValue): ScalarValue {
  const word = Object.entries(words).find(([, meaning]) => meaning === value)?.[0];
  if (word !== undefined) return word;
  return typeof value === 'number' ? times(value, 1 / factor) : value;
}

type Found = { readonly ok: true; readonly raw: Json } | Extract<Picked, { readonly ok: false }>;

function textIn(payload: string): Found {
  const raw = payload.trim();
  return raw === '' ? { ok: false, reason: 'is empty' } : { ok: true, raw };
}

function valueIn(payload: string, pointer: JsonPointer): Found {
  const document = documentOf(payload);
  if (document === undefined) return { ok: false, reason: 'is not JSON' };
  const raw = valueAt(document, pointer);
  if (raw !== undefined) return { ok: true, raw };
  return { ok: false, reason: `has nothing at ${pointer}`, isAbsent: true };
}

function documentOf(payload: string): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}

const SHOWN_CHARS = 40;

function shown(raw: Json): string {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
