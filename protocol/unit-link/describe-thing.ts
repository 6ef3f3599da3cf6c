import { AffordanceName } from '../command/command.ts';
import type { DataSchema, ObjectSchema, ScalarSchema } from '../thing/data-schema.ts';
import {
  type ActionAffordance,
  type EventAffordance,
  type PropertyAffordance,
  TD_CONTEXT,
  ThingDescription,
} from '../thing/thing-description.ts';
import {
  type Affordance,
  AffordanceKind,
  type DataSchema as WireSchema,
  DataType,
  SessionPolicy,
  type UnitHello,
} from './unit_link_pb.ts';

/** A unit's schema hash as Thing Descriptions and caches spell it: 16 hex digits. */
export function formatSchemaHash(hash: bigint): string {
  return hash.toString(16).padStart(16, '0');
}

/**
 * The Thing Description of a unit from its hello and descriptions.
 *
 * @returns undefined when the description is not valid: two affordances with one name
 * or number, a property without exactly one value, an unknown kind.
 */
export function describeThing(
  unit: Pick<UnitHello, 'model' | 'schemaHash' | 'sessionPolicy'>,
  affordances: readonly Affordance[],
): ThingDescription | undefined {
  const properties: [string, PropertyAffordance][] = [];
  const actions: [string, ActionAffordance][] = [];
  const events: [string, EventAffordance][] = [];
  const names = new Set<string>();
  const pids = new Set<number>();
  for (const affordance of affordances) {
    if (names.has(affordance.name) || pids.has(affordance.pid)) return undefined;
    // Before it is a key of an object: `__proto__` would be none, and vanish.
    if (!AffordanceName.safeParse(affordance.name).success) return undefined;
    names.add(affordance.name);
    pids.add(affordance.pid);
    switch (affordance.kind) {
      case AffordanceKind.PROPERTY: {
        const property = propertyOf(affordance);
        if (!property) return undefined;
        properties.push([affordance.name, property]);
        break;
      }
      case AffordanceKind.ACTION:
        if (!areFieldNames([...affordance.inputs, ...affordance.outputs])) return undefined;
        actions.push([affordance.name, actionOf(affordance)]);
        break;
      case AffordanceKind.EVENT:
        events.push([affordance.name, eventOf(affordance)]);
        break;
      case AffordanceKind.UNSPECIFIED:
      default:
        return undefined;
    }
  }
  const parsed = ThingDescription.safeParse({
    '@context': TD_CONTEXT,
    title: unit.model,
    properties: Object.fromEntries(properties),
    actions: Object.fromEntries(actions),
    events: Object.fromEntries(events),
    'sb:schemaHash': formatSchemaHash(unit.schemaHash),
    'sb:session': unit.sessionPolicy === SessionPolicy.HELD ? 'held' : 'on-demand',
  });
  return parsed.success ? parsed.data : undefined;
}

/** Each is the key of an object: as names are written, and once among the inputs or the outputs. */
function areFieldNames(fields: readonly WireSchema[]): boolean {
  return fields.every(({ name }) => AffordanceName.safeParse(name).success);
}

function commonOf(affordance: Affordance): {
  title?: string;
  'sb:semantic'?: string;
  'sb:pid': number;
} {
  return {
    ...(affordance.title === '' ? {} : { title: affordance.title }),
    ...(affordance.semantic === '' ? {} : { 'sb:semantic': affordance.semantic }),
    'sb:pid': affordance.pid,
  };
}

function propertyOf(affordance: Affordance): PropertyAffordance | undefined {
  const [wire, ...surplus] = affordance.outputs;
  const schema = wire && scalarOf(wire);
  if (!schema || surplus.length > 0) return undefined;
  return {
    ...schema,
    ...commonOf(affordance),
    readOnly: !affordance.writable,
    writeOnly: !affordance.readable,
    observable: affordance.observable,
    idempotent: affordance.idempotent,
  };
}

function actionOf(affordance: Affordance): ActionAffordance {
  const input = objectOf(affordance.inputs);
  const output = objectOf(affordance.outputs);
  return {
    ...commonOf(affordance),
    ...(input ? { input } : {}),
    ...(output ? { output } : {}),
    idempotent: affordance.idempotent,
  };
}

function eventOf(affordance: Affordance): EventAffordance {
  const [wire] = affordance.outputs;
  const data: DataSchema | undefined = wire && scalarOf(wire);
  return { ...commonOf(affordance), ...(data ? { data } : {}) };
}

/** Fields in the order of the wire: the order of `required` is the order of the arguments. */
function objectOf(fields: readonly WireSchema[]): ObjectSchema | undefined {
  if (fields.length === 0) return undefined;
  const properties: Record<string, ScalarSchema> = {};
  for (const field of fields) {
    const schema = scalarOf(field);
    if (schema) properties[field.name] = schema;
  }
  return { type: 'object', properties, required: fields.map((field) => field.name) };
}

function scalarOf(wire: WireSchema): ScalarSchema | undefined {
  const unit = wire.unit === '' ? {} : { unit: wire.unit };
  const maxLength = wire.maxBytes === 0 ? {} : { maxLength: wire.maxBytes };
  const bounds = {
    ...(wire.minimum === undefined ? {} : { minimum: wire.minimum }),
    ...(wire.maximum === undefined ? {} : { maximum: wire.maximum }),
    ...(wire.step === undefined || wire.step <= 0 ? {} : { multipleOf: wire.step }),
  };
  switch (wire.type) {
    case DataType.BOOLEAN:
      return { type: 'boolean', ...unit };
    case DataType.INTEGER: {
      const allowed = wire.allowed.length === 0 ? {} : { enum: [...wire.allowed] };
      return { type: 'integer', ...bounds, ...allowed, ...unit };
    }
    case DataType.NUMBER:
      return { type: 'number', ...bounds, ...unit };
    case DataType.STRING:
      return { type: 'string', ...maxLength, ...unit };
    case DataType.BYTES:
      return { type: 'string', contentEncoding: 'base64', ...maxLength, ...unit };
    case DataType.COLOR:
      return { type: 'string', format: 'color' };
    case DataType.UNSPECIFIED:
    default:
      return undefined;
  }
}
