import { z } from 'zod';
import { ScalarSchema } from '../thing/data-schema.ts';
import { jsonOf } from './announced-json.ts';
import { ACTION_INPUT } from './mapped-command.ts';
import { MappingBuilder } from './mapping-builder.ts';
import type { Announcement, DescribedDevice, SelfDescription } from './self-description.ts';

const Named = z.record(z.string(), z.unknown());

/** What a device writes of itself: members of a Thing Description, of which others are ignored. */
const Description = z.object({
  title: z.string(),
  properties: Named.default({}),
  actions: Named.default({}),
  events: Named.default({}),
});

const Texts = z.object({ title: z.string().optional(), 'sb:semantic': z.string().optional() });
const Access = z.object({
  readOnly: z.boolean().default(false),
  writeOnly: z.boolean().default(false),
});
const Action = Texts.extend({ input: ScalarSchema.optional() });
const Event = Texts.extend({ data: ScalarSchema.optional() });

/** Where the topics of a device in the hub's own scheme begin. */
function rootOf({ siteId, clientId }: DescribedDevice): string {
  return `sb/1/${siteId}/${clientId}`;
}

export function isOwnTopic(topic: string, device: DescribedDevice): boolean {
  return topic === `${rootOf(device)}/description`;
}

/**
 * The hub's own scheme: `p/<name>` has a property and `p/<name>/set` sets it, `a/<name>` invokes
 * an action that is answered at its `/r`, `e/<name>` is an event.
 */
export function ownDescriptions(
  announcements: readonly Announcement[],
  device: DescribedDevice,
): SelfDescription[] {
  const said = announcements.find(({ topic }) => isOwnTopic(topic, device));
  const parsed = Description.safeParse(said && jsonOf(said.payload));
  if (!parsed.success) return [];
  const { title, properties, actions, events } = parsed.data;
  const builder = new MappingBuilder();
  const root = rootOf(device);
  for (const [name, property] of Object.entries(properties)) {
    addProperty(builder, { name, topic: `${root}/p/${name}` }, property);
  }
  for (const [name, action] of Object.entries(actions)) {
    addAction(builder, { name, topic: `${root}/a/${name}` }, action);
  }
  for (const [name, event] of Object.entries(events)) {
    addEvent(builder, { name, topic: `${root}/e/${name}` }, event);
  }
  const built = builder.build({ id: 'signalbox', form: 'signalbox', title, model: title });
  return built ? [built] : [];
}

type Place = Readonly<Record<'name' | 'topic', string>>;

const TEXT = { kind: 'text' } as const;

function addProperty(builder: MappingBuilder, { name, topic }: Place, said: unknown): void {
  const schema = ScalarSchema.safeParse(said);
  const access = Access.safeParse(said);
  const texts = Texts.safeParse(said);
  if (!schema.success || !access.success || !texts.success) {
    builder.leaveOut(name, 'is no property with a type');
    return;
  }
  const { readOnly, writeOnly } = access.data;
  const confirmation = writeOnly ? 'delivery' : 'state';
  builder.property({
    ...{ name, ...textsOf(texts.data), schema: schema.data },
    ...(writeOnly ? {} : { source: { topic, form: TEXT } }),
    ...(readOnly ? {} : { target: { topic: `${topic}/set`, form: TEXT, confirmation } }),
  });
}

function addAction(builder: MappingBuilder, { name, topic }: Place, said: unknown): void {
  const action = Action.safeParse(said);
  if (!action.success) {
    builder.leaveOut(name, 'is no action with at most one value');
    return;
  }
  const { input, ...texts } = action.data;
  const form = { kind: 'json', pointer: `/${ACTION_INPUT}` } as const;
  builder.action({
    ...{ name, ...textsOf(texts), topic, confirmation: 'response' },
    ...(input === undefined ? {} : { input, form }),
  });
}

function addEvent(builder: MappingBuilder, { name, topic }: Place, said: unknown): void {
  const event = Event.safeParse(said);
  if (!event.success) {
    builder.leaveOut(name, 'is no event with at most one value');
    return;
  }
  const { data, ...texts } = event.data;
  builder.event({
    ...{ name, ...textsOf(texts), topic },
    ...(data === undefined ? {} : { data: { schema: data, form: TEXT } }),
  });
}

function textsOf({ title, 'sb:semantic': semantic }: z.infer<typeof Texts>): {
  readonly title?: string;
  readonly semantic?: string;
} {
  return {
    ...(title === undefined ? {} : { title }),
    ...(semantic === undefined ? {} : { semantic }),
  };
}
