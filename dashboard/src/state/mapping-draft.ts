import { affordanceName } from '#protocol/device/affordance-name.ts';
import { JsonPointer, valueAt } from '#protocol/device/json-pointer.ts';
import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { Json } from '#protocol/json.ts';

/** A property of a mapping as it is typed: everything is text until it is complete. */
export interface PropertyDraft {
  readonly name: string;
  readonly type: 'number' | 'integer' | 'boolean' | 'string';
  readonly unit: string;
  readonly topic: string;
  /** `''`: the whole payload is the value. */
  readonly pointer: string;
  /** `''`: it cannot be set. */
  readonly setTopic: string;
  readonly confirmation: 'state' | 'response' | 'delivery';
}

/** A value in a message that is no property yet. */
export interface Suggestion extends PropertyDraft {
  readonly shown: string;
}

const MAX_SUGGESTIONS = 40;
const MAX_DEPTH = 4;

/** What a message could be read as. */
export function suggestionsIn(topic: string, payload: string): Suggestion[] {
  const document = documentOf(payload);
  const leaves =
    typeof document === 'object' && document !== null && !Array.isArray(document)
      ? leavesOf(document, '', 0)
      : [{ pointer: '', value: document ?? payload.trim() }];
  return leaves.slice(0, MAX_SUGGESTIONS).flatMap(({ pointer, value }) => {
    const type = typeOf(value);
    if (type === undefined) return [];
    const last = pointer === '' ? topic.split('/').at(-1) : pointer.split('/').at(-1);
    return [
      {
        ...{ name: affordanceName(last ?? ''), type, unit: '', topic, pointer },
        ...{ setTopic: '', confirmation: 'state' as const, shown: JSON.stringify(value) },
      },
    ];
  });
}

/** The mapping that drafts are; undefined while one of them is not complete. */
export function mappingOf(
  model: string,
  drafts: readonly PropertyDraft[],
  rest: Pick<DeviceMapping, 'actions' | 'events'>,
): DeviceMapping | undefined {
  const properties = drafts.map(({ name, type, unit, topic, pointer, setTopic, confirmation }) => {
    const form = pointer === '' ? { kind: 'text' } : { kind: 'json', pointer };
    return {
      name,
      schema: { type, ...(unit === '' ? {} : { unit }) },
      ...(topic === '' ? {} : { source: { topic, form } }),
      ...(setTopic === '' ? {} : { target: { topic: setTopic, form, confirmation } }),
    };
  });
  return DeviceMapping.safeParse({ model, properties, ...rest }).data;
}

/** The drafts of a mapping; undefined where it says more than can be typed here. */
export function draftsOf({ properties }: DeviceMapping): PropertyDraft[] | undefined {
  const drafts = properties.flatMap(({ name, schema, source, target }) => {
    const form = source?.form ?? target?.form;
    if (!form) return [];
    return [
      {
        ...{ name, type: schema.type, unit: schema.unit ?? '', topic: source?.topic ?? '' },
        pointer: form.kind === 'json' ? form.pointer : '',
        setTopic: target?.topic ?? '',
        confirmation: target?.confirmation ?? ('state' as const),
      },
    ];
  });
  const again = mappingOf('x', drafts, { actions: [], events: [] });
  const isSame = JSON.stringify(again?.properties) === JSON.stringify(properties);
  return isSame ? drafts : undefined;
}

function leavesOf(
  document: { readonly [name: string]: Json },
  at: string,
  depth: number,
): { pointer: string; value: Json }[] {
  return Object.entries(document).flatMap(([name, value]) => {
    const pointer = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!JsonPointer.safeParse(pointer).success) return [];
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return depth < MAX_DEPTH ? leavesOf(value, pointer, depth + 1) : [];
    }
    return valueAt(document, `/${pointer.split('/').at(-1) ?? ''}`) === undefined
      ? []
      : [{ pointer, value }];
  });
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

function typeOf(value: unknown): PropertyDraft['type'] | undefined {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'string') return undefined;
  if (NUMBER.test(value)) return 'number';
  return /^(?:on|off|true|false)$/i.test(value) ? 'boolean' : 'string';
}

function documentOf(text: string): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
