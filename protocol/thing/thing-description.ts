import { z } from 'zod';
import { AffordanceName } from '../command/command.ts';
import { ReportedText } from '../display-text.ts';
import { LIMITS } from '../limits.ts';
import { DataSchema, ObjectSchema, ScalarSchema } from './data-schema.ts';

/**
 * A unit's description of itself, as a W3C Thing Description 1.1 (units have no forms:
 * they are reached through the hub). Members with the prefix `sb:` are ours, declared
 * in `@context`.
 */
const affordance = {
  title: ReportedText(64).optional(),
  description: ReportedText(200).optional(),
  /** Its meaning, for the user interface: `light.color`, `diagnostic.rssi`. */
  'sb:semantic': z.string().max(LIMITS.unitLink.semanticChars).optional(),
  /** Number of the affordance on the unit link; what speaks otherwise has none. */
  'sb:pid': z.int().min(1).max(LIMITS.unitLink.maxPid).optional(),
};

export const PropertyAffordance = z.intersection(
  ScalarSchema,
  z.object({
    ...affordance,
    readOnly: z.boolean(),
    writeOnly: z.boolean(),
    observable: z.boolean(),
    /** Writing it twice is the same as writing it once. */
    idempotent: z.boolean(),
  }),
);
export type PropertyAffordance = z.infer<typeof PropertyAffordance>;

export const ActionAffordance = z.object({
  ...affordance,
  input: ObjectSchema.optional(),
  output: ObjectSchema.optional(),
  idempotent: z.boolean(),
});
export type ActionAffordance = z.infer<typeof ActionAffordance>;

export const EventAffordance = z.object({ ...affordance, data: DataSchema.optional() });
export type EventAffordance = z.infer<typeof EventAffordance>;

/** `held`: a read unit, the base keeps the connection. `on-demand`: an updatable unit. */
export const SessionPolicy = z.enum(['held', 'on-demand']);
export type SessionPolicy = z.infer<typeof SessionPolicy>;

const affordanceMap = <T extends z.ZodType>(schema: T) =>
  z
    .record(AffordanceName, schema)
    .refine((map) => Object.keys(map).length <= LIMITS.unitLink.affordances, 'too many');

export const ThingDescription = z.object({
  '@context': z.array(z.union([z.string(), z.record(z.string(), z.string())])),
  title: ReportedText(64),
  properties: affordanceMap(PropertyAffordance),
  actions: affordanceMap(ActionAffordance),
  events: affordanceMap(EventAffordance),
  'sb:schemaHash': z.string().regex(/^[0-9a-f]{16}$/),
  'sb:session': SessionPolicy,
});
export type ThingDescription = z.infer<typeof ThingDescription>;

export const TD_CONTEXT = [
  'https://www.w3.org/2022/wot/td/v1.1',
  { sb: 'https://signalbox.example/ns#' },
];
