import { z } from 'zod';
import { ReportedText } from '../display-text.ts';
import { LIMITS } from '../limits.ts';

/**
 * The part of the W3C Thing Description 1.1 data schema that units use.
 * Colours are strings `#rrggbb`; bytes are base64 strings. Tolerant: members
 * that a later version adds are ignored.
 */
const common = {
  title: ReportedText(64).optional(),
  unit: ReportedText(16).optional(),
};

const BooleanSchema = z.object({ type: z.literal('boolean'), ...common });

const IntegerSchema = z.object({
  type: z.literal('integer'),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
  enum: z.array(z.int()).max(LIMITS.unitLink.allowedValues).optional(),
  ...common,
});

const NumberSchema = z.object({
  type: z.literal('number'),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
  ...common,
});

const StringSchema = z.object({
  type: z.literal('string'),
  /** `#rrggbb`; set for colours only. */
  format: z.literal('color').optional(),
  /** Set for bytes only. */
  contentEncoding: z.literal('base64').optional(),
  /** Bytes of UTF-8, or of decoded data. */
  maxLength: z.int().min(0).optional(),
  /** All that it can be; what speaks the unit link has none. */
  enum: z.array(ReportedText(LIMITS.choiceChars)).max(LIMITS.choices).optional(),
  ...common,
});

/** A schema of one value. */
export const ScalarSchema = z.discriminatedUnion('type', [
  BooleanSchema,
  IntegerSchema,
  NumberSchema,
  StringSchema,
]);
export type ScalarSchema = z.infer<typeof ScalarSchema>;

/** Several named values: an action's inputs or outputs. All are required. */
export const ObjectSchema = z.object({
  type: z.literal('object'),
  properties: z.record(z.string(), ScalarSchema),
  required: z.array(z.string()),
});
export type ObjectSchema = z.infer<typeof ObjectSchema>;

export const DataSchema = z.discriminatedUnion('type', [
  BooleanSchema,
  IntegerSchema,
  NumberSchema,
  StringSchema,
  ObjectSchema,
]);
export type DataSchema = z.infer<typeof DataSchema>;

/** The value of a property, as JSON carries it. */
export const ScalarValue = z.union([z.boolean(), z.number(), z.string()]);
export type ScalarValue = z.infer<typeof ScalarValue>;
