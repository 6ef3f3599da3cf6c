import type { Json } from '../json.ts';
import { jsonOf } from './announced-json.ts';
import { JsonPointer } from './json-pointer.ts';
import type { PayloadForm } from './payload-form.ts';

/** `value`, or a way into `value_json`; filters that a number goes through unchanged change nothing. */
const VALUE =
  /^\{\{-?\s*(value|value_json((?:\.[A-Za-z_]\w*|\[\s*(?:'[^'\\]*'|"[^"\\]*"|\d+)\s*\])+))\s*(?:\|\s*(?:float|is_defined)\s*)*-?\}\}$/;
const STEP = /\.([A-Za-z_]\w*)|\[\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+))\s*\]/g;
const PLACEHOLDER = /\{\{-?\s*(?:value|position)\s*-?\}\}/g;

const MAX_TEMPLATE_CHARS = 500;

type Form = Extract<PayloadForm, { kind: 'text' }> | Extract<PayloadForm, { kind: 'json' }>;

/**
 * The place that a template of Home Assistant picks a value from. Templates are a language, of
 * which this reads what devices mostly say: the whole value, or one place in its JSON. Nothing
 * that comes from the network is run.
 *
 * @returns undefined for any other template
 */
export function formOfTemplate(template: string | undefined): Form | undefined {
  if (template === undefined || template.trim() === '') return { kind: 'text' };
  if (template.length > MAX_TEMPLATE_CHARS) return undefined;
  const [, whole, path] = VALUE.exec(template.trim()) ?? [];
  if (whole === 'value') return { kind: 'text' };
  if (path === undefined) return undefined;
  const steps = [...path.matchAll(STEP)].map(
    ([, member, single, double, index]) => member ?? single ?? double ?? index ?? '',
  );
  return jsonForm(steps);
}

/**
 * How a value is written by a template: alone, or at one place of a JSON document.
 *
 * @returns undefined for any other template
 */
export function formOfCommandTemplate(template: string | undefined): Form | undefined {
  if (template === undefined || template.trim() === '') return { kind: 'text' };
  if (template.length > MAX_TEMPLATE_CHARS) return undefined;
  const parts = template.trim().split(PLACEHOLDER);
  if (parts.length !== 2) return undefined;
  if (parts.every((part) => part === '')) return { kind: 'text' };
  // In quotes the value is a text; without, it is whatever it is.
  const mark = 'the value is here';
  const isQuoted = parts[0]?.endsWith('"') === true && parts[1]?.startsWith('"') === true;
  if (isQuoted) return undefined;
  const document = jsonOf(parts.join(JSON.stringify(mark)));
  const steps = document === undefined ? undefined : stepsTo(mark, document);
  if (steps === undefined || steps.length === 0) return undefined;
  const form = jsonForm(steps);
  const rest = without(document, steps);
  return form?.kind === 'json' && rest !== undefined ? { ...form, rest } : form;
}

/** What an object holds besides; undefined: nothing. */
function without(
  document: Json | undefined,
  [step, ...deeper]: readonly string[],
): Record<string, Json> | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return undefined;
  const others = Object.entries(document).flatMap(([name, value]): [string, Json][] => {
    if (name !== step) return [[name, value]];
    const left = deeper.length === 0 ? undefined : without(value, deeper);
    return left === undefined ? [] : [[name, left]];
  });
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

/** The members that lead to a text. */
function stepsTo(mark: string, document: Json): string[] | undefined {
  if (document === mark) return [];
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return undefined;
  for (const [name, value] of Object.entries(document)) {
    const rest = stepsTo(mark, value);
    if (rest) return [name, ...rest];
  }
  return undefined;
}

function jsonForm(steps: readonly string[]): Form | undefined {
  const pointer = JsonPointer.safeParse(
    steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  );
  return pointer.success ? { kind: 'json', pointer: pointer.data } : undefined;
}
