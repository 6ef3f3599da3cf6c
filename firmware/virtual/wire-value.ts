import { create } from '@bufbuild/protobuf';
import {
  type DataSchema,
  DataType,
  Status,
  type Value,
  ValueSchema,
} from '#protocol/unit-link/unit_link_pb.ts';

const of = (kind: Value['kind']): Value => create(ValueSchema, { kind });

export const wireBoolean = (value: boolean): Value => of({ case: 'boolean', value });
export const wireInteger = (value: number): Value => of({ case: 'integer', value: BigInt(value) });
export const wireNumber = (value: number): Value => of({ case: 'number', value });
export const wireText = (value: string): Value => of({ case: 'text', value });
export const wireData = (value: Uint8Array): Value =>
  of({ case: 'data', value: Uint8Array.from(value) });
export const wireColor = (value: number): Value => of({ case: 'color', value });

/** 0 for a value of another kind, which the dispatcher does not let through. */
export function integerOf(value: Value | undefined): number {
  return value?.kind.case === 'integer' ? Number(value.kind.value) : 0;
}

const KIND_OF_TYPE = new Map<DataType, Value['kind']['case']>([
  [DataType.BOOLEAN, 'boolean'],
  [DataType.INTEGER, 'integer'],
  [DataType.NUMBER, 'number'],
  [DataType.STRING, 'text'],
  [DataType.BYTES, 'data'],
  [DataType.COLOR, 'color'],
]);

/** What a unit says to a value it is given (docs/unit-link.md section 5.2). */
export function checkWireValue(schema: DataSchema, value: Value | undefined): Status {
  if (value === undefined || value.kind.case === undefined) return Status.BAD_REQUEST;
  if (value.kind.case !== KIND_OF_TYPE.get(schema.type)) return Status.BAD_REQUEST;
  return isWithin(schema, value) ? Status.OK : Status.OUT_OF_RANGE;
}

function isWithin(schema: DataSchema, { kind }: Value): boolean {
  switch (kind.case) {
    case 'integer': {
      const number = Number(kind.value);
      if (schema.allowed.length > 0 && !schema.allowed.includes(number)) return false;
      return isInRange(schema, number);
    }
    case 'number':
      return Number.isFinite(kind.value) && isInRange(schema, kind.value);
    case 'text':
      return fits(schema, new TextEncoder().encode(kind.value).length);
    case 'data':
      return fits(schema, kind.value.length);
    case 'color':
      return kind.value <= 0xffffff;
    case 'boolean':
    case undefined:
      return true;
    default:
      return kind satisfies never;
  }
}

function isInRange(schema: DataSchema, number: number): boolean {
  return number >= (schema.minimum ?? -Infinity) && number <= (schema.maximum ?? Infinity);
}

function fits(schema: DataSchema, bytes: number): boolean {
  return schema.maxBytes === 0 || bytes <= schema.maxBytes;
}
