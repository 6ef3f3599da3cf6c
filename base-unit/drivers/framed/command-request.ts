import { create } from '@bufbuild/protobuf';
import { type IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { commandTagOf } from '#protocol/ids.ts';
import type { Json } from '#protocol/json.ts';
import type { ScalarSchema } from '#protocol/thing/data-schema.ts';
import type { ActionAffordance, PropertyAffordance } from '#protocol/thing/thing-description.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import { decodeValue, encodeValue } from '#protocol/unit-link/values.ts';
import {
  InvokeSchema,
  ReadSchema,
  type Value,
  WriteSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { resolveCommand } from '../port/resolve-command.ts';
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

/** Translates a command by the unit's description. */
export function buildRequest(model: UnitModel, command: IssuedCommand): BuiltRequest {
  const resolution = resolveCommand(model, command);
  if (!resolution.ok) return resolution;
  const { command: resolved, idempotent } = resolution;
  switch (resolved.kind) {
    case 'read':
      return readRequest(resolved.property);
    case 'write':
      return writeRequest(command, { ...resolved, idempotent });
    case 'invoke':
      return invokeRequest(command, { ...resolved, idempotent });
    default:
      return resolved satisfies never;
  }
}

function readRequest(property: PropertyAffordance): BuiltRequest {
  const pid = property['sb:pid'];
  if (pid === undefined) return refused('affordance_unknown');
  const body = { case: 'read', value: create(ReadSchema, { pid }) } as const;
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

function writeRequest(
  command: IssuedCommand,
  { property, idempotent }: { readonly property: PropertyAffordance; readonly idempotent: boolean },
): BuiltRequest {
  const pid = property['sb:pid'];
  if (pid === undefined) return refused('affordance_unknown');
  const encoded = encodeValue(property, command.input);
  if (!encoded.ok) return refused('input_invalid');
  return {
    ok: true,
    request: {
      idempotent,
      body: (ttlMs) => ({
        case: 'write',
        value: create(WriteSchema, {
          tag: { commandId: commandTagOf(command.id), ttlMs },
          pid,
          value: encoded.value,
          transitionMs: command.transitionMs ?? 0,
        }),
      }),
      output: ([value]) => decodeValue(property, value),
      needsOutput: false,
    },
  };
}

function invokeRequest(
  command: IssuedCommand,
  { action, idempotent }: { readonly action: ActionAffordance; readonly idempotent: boolean },
): BuiltRequest {
  const pid = action['sb:pid'];
  if (pid === undefined) return refused('affordance_unknown');
  const args: Value[] = [];
  for (const [name, schema] of fieldsOf(action.input)) {
    const encoded = encodeValue(schema, fieldOf(command.input ?? null, name));
    if (!encoded.ok) return refused('input_invalid');
    args.push(encoded.value);
  }
  return {
    ok: true,
    request: {
      idempotent,
      body: (ttlMs) => ({
        case: 'invoke',
        value: create(InvokeSchema, {
          tag: { commandId: commandTagOf(command.id), ttlMs },
          pid,
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
