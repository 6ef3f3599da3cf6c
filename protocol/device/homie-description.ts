import { z } from 'zod';
import { type DeviceMapping } from './device-mapping.ts';
import type { ScalarSchema } from '../thing/data-schema.ts';
import { jsonOf } from './announced-json.ts';
import { MappingBuilder, unitOf } from './mapping-builder.ts';
import type { Announcement, SelfDescription } from './self-description.ts';

/** `<domain>/5/<device>/$description` of Homie 5; the domain is `homie` by default. */
const TOPIC = /^([a-z0-9-]+)\/5\/([a-z0-9-]+)\/\$description$/;

const Property = z.object({
  name: z.string().optional(),
  datatype: z.enum([
    ...(['integer', 'float', 'boolean', 'string', 'enum'] as const),
    ...(['color', 'datetime', 'duration', 'json'] as const),
  ]),
  format: z.string().optional(),
  settable: z.boolean().default(false),
  retained: z.boolean().default(true),
  unit: z.string().optional(),
});
type Property = z.output<typeof Property>;

const Node = z.object({
  name: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});

/** Tolerant, as the convention asks: what is unknown is ignored, and with it what is invalid. */
const Description = z.object({
  homie: z.string().regex(/^5\./),
  name: z.string().optional(),
  nodes: z.record(z.string(), z.unknown()).default({}),
});

const ID = /^[a-z0-9-]+$/;
const STATES = ['init', 'ready', 'disconnected', 'sleeping', 'lost'];

export function isHomieTopic(topic: string): boolean {
  return TOPIC.test(topic);
}

/** Each device that Homie 5 descriptions describe: those of a bridge's children as well. */
export function homieDescriptions(announcements: readonly Announcement[]): SelfDescription[] {
  return announcements.flatMap(({ topic, payload }) => {
    const [, domain, device] = TOPIC.exec(topic) ?? [];
    const parsed = Description.safeParse(jsonOf(payload));
    if (domain === undefined || device === undefined || !parsed.success) return [];
    const builder = new MappingBuilder();
    const root = `${domain}/5/${device}`;
    const nodes = Object.entries(parsed.data.nodes);
    for (const [id, node] of nodes)
      addNode(builder, { root, id, isOnly: nodes.length === 1 }, node);
    builder.property({
      name: 'deviceState',
      title: 'State',
      schema: { type: 'string', enum: STATES },
      source: { topic: `${root}/$state`, form: { kind: 'text' } },
    });
    const title = parsed.data.name ?? device;
    const built = builder.build({ id: `homie:${device}`, form: 'homie', title, model: title });
    return built ? [built] : [];
  });
}

interface NodePlace {
  readonly root: string;
  readonly id: string;
  /** Then its name says nothing that the name of the property does not. */
  readonly isOnly: boolean;
}

function addNode(builder: MappingBuilder, { root, id, isOnly }: NodePlace, said: unknown): void {
  const node = Node.safeParse(said);
  if (!node.success || !ID.test(id)) {
    builder.leaveOut(id, 'is no node of Homie 5');
    return;
  }
  for (const [name, description] of Object.entries(node.data.properties)) {
    const property = Property.safeParse(description);
    if (!property.success || !ID.test(name)) {
      builder.leaveOut(`${id}/${name}`, 'is no property of Homie 5');
      continue;
    }
    const title = property.data.name ?? name;
    addProperty(
      builder,
      {
        name: isOnly ? name : `${id}-${name}`,
        title: isOnly ? title : `${node.data.name ?? id}: ${title}`,
        topic: `${root}/${id}/${name}`,
      },
      property.data,
    );
  }
}

type Named = Readonly<Record<'name' | 'title' | 'topic', string>>;

/** What is not retained is no state: an event, or where it can be set, an action. */
function addProperty(builder: MappingBuilder, { name, title, topic }: Named, property: Property) {
  const schema = schemaOf(property);
  if (typeof schema === 'string') {
    builder.leaveOut(name, schema);
    return;
  }
  const form = { kind: 'text' } as const;
  if (property.retained) {
    builder.property({
      ...{ name, title, schema, source: { topic, form } },
      ...(property.settable ? { target: targetAt(topic) } : {}),
    });
  } else if (property.settable) {
    const only = onlyPayload(schema);
    builder.action({
      ...{ name, title, topic: `${topic}/set`, confirmation: 'delivery' },
      ...(only === undefined ? { input: schema, form } : { payload: only }),
    });
  } else {
    builder.event({ name, title, topic, data: { schema, form } });
  }
}

function targetAt(topic: string): NonNullable<DeviceMapping['properties'][number]['target']> {
  return { topic: `${topic}/set`, form: { kind: 'text' }, confirmation: 'state' };
}

/** An action without an input: there is one thing to say. */
function onlyPayload(schema: ScalarSchema): string | undefined {
  if (schema.type === 'boolean') return 'true';
  return schema.type === 'string' && schema.enum?.length === 1 ? schema.enum[0] : undefined;
}

/** Or why there is none. */
function schemaOf({ datatype, format, unit }: Property): ScalarSchema | string {
  switch (datatype) {
    case 'integer':
    case 'float': {
      const type = datatype === 'float' ? 'number' : 'integer';
      return { type, ...rangeOf(format), ...unitOf(unit) };
    }
    case 'boolean':
      return { type: 'boolean' };
    case 'enum': {
      const choices = (format ?? '').split(',').filter((choice) => choice !== '');
      return choices.length > 0 ? { type: 'string', enum: choices } : 'names no choices';
    }
    case 'color':
      return 'is a colour of three numbers in one text, which is not read';
    case 'string':
    case 'datetime':
    case 'duration':
    case 'json':
      return { type: 'string', ...unitOf(unit) };
    default:
      return datatype satisfies never;
  }
}

/** `minimum:maximum:step`, each of which may be missing. */
function rangeOf(format = ''): {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
} {
  const [minimum, maximum, step] = format
    .split(':')
    .map((text) =>
      text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text),
    );
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(step === undefined || step <= 0 ? {} : { multipleOf: step }),
  };
}
