import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type Affordance,
  AffordanceKind,
  AffordanceSchema,
  type DataSchemaSchema,
  DataType,
} from '#protocol/unit-link/unit_link_pb.ts';

type SchemaInit = MessageInitShape<typeof DataSchemaSchema>;

interface Naming {
  readonly pid: number;
  readonly name: string;
  readonly title: string;
  readonly semantic: string;
}

interface Access {
  readonly readable?: boolean;
  readonly writable?: boolean;
  readonly observable?: boolean;
  readonly idempotent?: boolean;
}

/** Declares one property, as the tables of the firmware do. */
export function property(naming: Naming, value: SchemaInit, access: Access): Affordance {
  return create(AffordanceSchema, {
    ...naming,
    ...access,
    kind: AffordanceKind.PROPERTY,
    outputs: [value],
  });
}

export function action(
  naming: Naming,
  shape: {
    readonly inputs?: SchemaInit[];
    readonly outputs?: SchemaInit[];
    readonly idempotent?: boolean;
  },
): Affordance {
  return create(AffordanceSchema, { ...naming, ...shape, kind: AffordanceKind.ACTION });
}

export function event(naming: Naming, data: SchemaInit): Affordance {
  return create(AffordanceSchema, { ...naming, kind: AffordanceKind.EVENT, outputs: [data] });
}

export const booleanValue = (name = ''): SchemaInit => ({ type: DataType.BOOLEAN, name });
export const colorValue = (): SchemaInit => ({ type: DataType.COLOR });
export const textValue = (maxBytes: number): SchemaInit => ({ type: DataType.STRING, maxBytes });
export const bytesValue = (maxBytes: number, name = ''): SchemaInit => ({
  type: DataType.BYTES,
  maxBytes,
  name,
});

export function integerValue(options: {
  readonly name?: string;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly step?: number;
  readonly allowed?: number[];
}): SchemaInit {
  return { type: DataType.INTEGER, ...options };
}

export function numberValue(unit: string, minimum: number, maximum: number): SchemaInit {
  return { type: DataType.NUMBER, unit, minimum, maximum };
}
