import { z } from 'zod';
import { AffordanceName } from '../command/command.ts';
import { ReportedText } from '../display-text.ts';
import { LIMITS } from '../limits.ts';
import { ScalarSchema } from '../thing/data-schema.ts';
import { PayloadForm } from './payload-form.ts';

const MAX_TOPIC_BYTES = 200;
const MAX_TOPIC_LEVELS = 16;

/** A topic as the device itself names it: no wildcard, no control character, not of the broker. */
const DeviceTopic = z
  .string()
  .min(1)
  .regex(/^[^$+#\u0000-\u001F\u007F][^+#\u0000-\u001F\u007F]*$/, 'must be a topic without + and #')
  .refine((topic) => new TextEncoder().encode(topic).length <= MAX_TOPIC_BYTES, 'is too long')
  .refine((topic) => topic.split('/').length <= MAX_TOPIC_LEVELS, 'has too many levels');

/** A message that reports a value. */
const ValueSource = z
  .strictObject({
    topic: DeviceTopic,
    form: PayloadForm,
    /** True: a message of the topic may be about other values, and without this one or with null. */
    isOptional: z.boolean().optional(),
    /** The value is in this property of the message, if it has it, and not in its payload. */
    fact: z.string().min(1).max(64).optional(),
  })
  .refine(
    ({ form, fact }) => fact === undefined || form.kind === 'text',
    'a property of a message is a text',
  );

/**
 * How the hub knows that a command was executed:
 * - `response`: the device answers at `<topic>/r`, with the correlation data of MQTT 5, or with the
 *   `id` that the command's JSON has;
 * - `state`: the property reports the desired value after the command was sent;
 * - `delivery`: the device has acknowledged the message (QoS 1), and says nothing more.
 */
export const Confirmation = z.enum(['response', 'state', 'delivery']);
export type Confirmation = z.infer<typeof Confirmation>;

/** The message by which a value is set or an action invoked. Never retained: it would act again. */
const CommandTarget = z.strictObject({
  topic: DeviceTopic,
  form: PayloadForm,
  confirmation: Confirmation,
});

const named = {
  name: AffordanceName,
  title: ReportedText(64).optional(),
  /** As `sb:semantic` of a Thing Description. */
  semantic: z.string().max(LIMITS.unitLink.semanticChars).optional(),
};

export const MappedProperty = z
  .strictObject({
    ...named,
    schema: ScalarSchema,
    source: ValueSource.optional(),
    target: CommandTarget.optional(),
  })
  .refine(({ source, target }) => source ?? target, 'needs a topic to read or to write')
  .refine(
    ({ source, target }) => target?.confirmation !== 'state' || source !== undefined,
    'cannot be confirmed by a state that nobody reports',
  );
export type MappedProperty = z.infer<typeof MappedProperty>;

/** An action takes one value, or none: then the message is always the same. */
export const MappedAction = z
  .strictObject({
    ...named,
    input: ScalarSchema.optional(),
    topic: DeviceTopic,
    form: PayloadForm.optional(),
    /** The payload of an action without an input. */
    payload: z.string().max(1_000).optional(),
    confirmation: Confirmation.exclude(['state']),
  })
  .refine(
    ({ input, form, payload }) =>
      input === undefined ? form === undefined : form !== undefined && payload === undefined,
    'takes either a value with its form, or a payload',
  );
export type MappedAction = z.infer<typeof MappedAction>;

/** A message that is an event: at most one value of it is kept. */
export const MappedEvent = z.strictObject({
  ...named,
  topic: DeviceTopic,
  /** Only messages that say this are the event; without it all of them are. */
  payload: z.string().max(1_000).optional(),
  data: z.strictObject({ schema: ScalarSchema, form: PayloadForm }).optional(),
});
export type MappedEvent = z.infer<typeof MappedEvent>;

/** How the messages of a device are a unit: written by hand, or made by a preset. */
export const DeviceMapping = z
  .strictObject({
    model: ReportedText(LIMITS.unitLink.modelChars).min(1),
    properties: z.array(MappedProperty),
    actions: z.array(MappedAction),
    events: z.array(MappedEvent),
  })
  .refine(
    (mapping) => namesOf(mapping).length <= LIMITS.unitLink.affordances,
    `has more than ${LIMITS.unitLink.affordances} affordances`,
  )
  .refine(
    (mapping) => new Set(namesOf(mapping)).size === namesOf(mapping).length,
    'has two affordances of the same name',
  );
export type DeviceMapping = z.infer<typeof DeviceMapping>;

interface Named {
  readonly name: string;
}

function namesOf(mapping: {
  readonly properties: readonly Named[];
  readonly actions: readonly Named[];
  readonly events: readonly Named[];
}): string[] {
  const { properties, actions, events } = mapping;
  return [...properties, ...actions, ...events].map(({ name }) => name);
}
