import { create } from '@bufbuild/protobuf';
import { type IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { commandTagOf } from '#protocol/ids.ts';
import type { Json } from '#protocol/json.ts';
import { checkValue } from '#protocol/thing/check-value.ts';
import type { ScalarSchema } from '#protocol/thing/data-schema.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { decodeValue, encodeValue } from '#protocol/unit-link/values.ts';
import {
  InvokeSchema,
  ReadSchema,
  type Value,
  WriteSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { UnitModel } from '../port/unit-model.ts';

/** A command in the words of one unit. */
export interface CommandRequest {
  /** Doing it twice is the same as doing it once. */
  readonly idempotent: boolean;
  /** @param ttlMs time it may still be begun in; 0: no limit. */
  readonly body: (ttlMs: number) => NonNullable<EnvelopeBody>;
  /** The unit's values as JSON; undefined when they are not what the description promised. */
  readonly output: (values: readonly Value[]) => Json | undefined;
  /** Whether an answer without a readable value is worth nothing. */
  readonly needsOutput: boolean;
}

export type BuiltRequest =
  | { readonly ok: true; readonly request: CommandRequest }
  | { readonly ok: false; readonly code: ErrorCode };

const refused = (code: ErrorCode): BuiltRequest => ({ ok: false, code });

/**
 * Translates a command by the unit's current description; the hub may have checked it
 * against an older one.
 */
export function buildRequest(model: UnitModel, command: IssuedCommand): BuiltRequest {
  switch (command.operation) {
    case 'readproperty':
      return readRequest(model, command);
    case 'writeproperty':
      return writeRequest(model, command);
    case 'invokeaction':
      return invokeRequest(model, command);
    default:
      return command.operation satisfies never;
  }
}

function readRequest(model: UnitModel, { affordance }: IssuedCommand): BuiltRequest {
  const property = model.property(affordance);
  if (!property) return refused('affordance_unknown');
  if (property.writeOnly) return refused('operation_not_allowed');
  const body = { case: 'read', value: create(ReadSchema, { pid: property['sb:pid'] }) } as const;
  return {
    ok: true,
    request: {
      idempotent: true,
      body: () => body,
      output: ([value]) => decodeValue(property, value),
      needsOutput: true,
    },
  };
}

function writeRequest(model: UnitModel, command: IssuedCommand): BuiltRequest {
  const property = model.property(command.affordance);
  if (!property) return refused('affordance_unknown');
  if (property.readOnly) return refused('operation_not_allowed');
  const encoded = encodeValue(property, command.input);
  if (!encoded.ok) return refused('input_invalid');
  return {
    ok: true,
    request: {
      idempotent: property.idempotent,
      body: (ttlMs) => ({
        case: 'write',
        value: create(WriteSchema, {
          tag: { commandId: commandTagOf(command.id), ttlMs },
          pid: property['sb:pid'],
          value: encoded.value,
          transitionMs: command.transitionMs ?? 0,
        }),
      }),
      output: ([value]) => decodeValue(property, value),
      needsOutput: false,
    },
  };
}

function invokeRequest(model: UnitModel, command: IssuedCommand): BuiltRequest {
  const action = model.action(command.affordance);
  if (!action) return refused('affordance_unknown');
  const input = command.input ?? null;
  if (!action.input && !isEmpty(input)) return refused('input_invalid');
  if (action.input && checkValue(action.input, input)) return refused('input_invalid');
  const args: Value[] = [];
  for (const [name, schema] of fieldsOf(action.input)) {
    const encoded = encodeValue(schema, fieldOf(input, name));
    if (!encoded.ok) return refused('input_invalid');
    args.push(encoded.value);
  }
  return {
    ok: true,
    request: {
      idempotent: action.idempotent,
      body: (ttlMs) => ({
        case: 'invoke',
        value: create(InvokeSchema, {
          tag: { commandId: commandTagOf(command.id), ttlMs },
          pid: action['sb:pid'],
          arguments: args,
        }),
      }),
      output: (values) => outputsOf(fieldsOf(action.output), values),
      needsOutput: false,
    },
  };
}

interface Fields {
  readonly properties: Readonly<Record<string, ScalarSchema>>;
  readonly required: readonly string[];
}

/** In the order of the wire, which is the order of `required`. */
function fieldsOf(object: Fields | undefined): [string, ScalarSchema][] {
  return (object?.required ?? []).flatMap((name): [string, ScalarSchema][] => {
    const schema = object?.properties[name];
    return schema ? [[name, schema]] : [];
  });
}

function outputsOf(
  fields: readonly [string, ScalarSchema][],
  values: readonly Value[],
): Json | undefined {
  const outputs: Record<string, Json> = {};
  for (const [index, [name, schema]] of fields.entries()) {
    const value = decodeValue(schema, values[index]);
    if (value === undefined) return undefined;
    outputs[name] = value;
  }
  return outputs;
}

function fieldOf(input: Json, name: string): Json | undefined {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  return isObject ? input[name] : undefined;
}

function isEmpty(input: Json): boolean {
  return input === null || (typeof input === 'object' && Object.keys(input).length === 0);
}
