import type { Operation } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { Json } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import { canonicalValue, checkValue } from '#protocol/thing/check-value.ts';
import type { DataSchema } from '#protocol/thing/data-schema.ts';
import type {
  ActionAffordance,
  PropertyAffordance,
  ThingDescription,
} from '#protocol/thing/thing-description.ts';
import { isAtOnce } from '#protocol/thing/unit-guards.ts';

/** A request that the unit, according to its description, can execute. */
export interface CheckedCommand {
  readonly operation: Operation;
  /** As the unit will report it; null where there is none. */
  readonly input: Json | null;
  /** null: the command waits indefinitely. */
  readonly ttlMs: number | null;
}

/** Refuses early, and with the field's name, what the unit would refuse late. */
export function checkCommand(
  request: CommandRequest,
  description: ThingDescription | null,
): CheckedCommand {
  if (!description) throw new AppError('unit_undescribed');
  if (
    request.input !== undefined &&
    Buffer.byteLength(JSON.stringify(request.input)) > LIMITS.commandInputBytes
  ) {
    throw invalidInput('', `must be at most ${LIMITS.commandInputBytes} bytes`);
  }
  const property = ownValue(description.properties, request.affordance);
  const action = ownValue(description.actions, request.affordance);
  const operation = action
    ? checkAction(request, action)
    : checkProperty(request, property ?? missing());
  const schema = action ? action.input : property;
  const { input = null } = request;
  return {
    operation,
    input: schema && input !== null ? canonicalValue(schema, input) : input,
    ttlMs: ttlOf(request),
  };
}

function missing(): never {
  throw new AppError('affordance_unknown');
}

function ownValue<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function checkAction(request: CommandRequest, action: ActionAffordance): Operation {
  if ((request.operation ?? 'invokeaction') !== 'invokeaction') {
    throw notAllowed('an action can only be invoked');
  }
  if (request.verb === 'set') throw notAllowed('set is for properties');
  if (request.verb === 'enqueue' && !action.idempotent) {
    // Waiting, and being sent again, is only safe for what may happen twice.
    throw notAllowed('this action is not idempotent: use invoke');
  }
  if (request.transitionMs !== undefined) throw notAllowed('an action has no transition');
  if (isAtOnce(action) && (request.ttlMs ?? 0) > LIMITS.invokeTtlMs) {
    throw notAllowed(`this action must run within ${LIMITS.invokeTtlMs} ms`);
  }
  if (!action.input) {
    if (request.input !== undefined) throw invalidInput('', 'the action has no input');
    return 'invokeaction';
  }
  checkInput(action.input, request.input);
  return 'invokeaction';
}

function checkProperty(request: CommandRequest, property: PropertyAffordance): Operation {
  const operation =
    request.operation ?? (request.input === undefined ? 'readproperty' : 'writeproperty');
  switch (operation) {
    case 'invokeaction':
      throw notAllowed('a property can only be read or written');
    case 'readproperty':
      if (request.verb === 'set') throw notAllowed('set needs a value to write');
      if (property.writeOnly) throw notAllowed('the property cannot be read');
      if (request.input !== undefined) throw invalidInput('', 'reading has no input');
      if (request.transitionMs !== undefined) throw notAllowed('reading has no transition');
      return operation;
    case 'writeproperty':
      if (property.readOnly) throw notAllowed('the property cannot be written');
      if (request.verb !== 'invoke' && !property.idempotent) {
        throw notAllowed('this property is not idempotent: use invoke');
      }
      checkInput(property, request.input);
      return operation;
    default:
      return operation satisfies never;
  }
}

function checkInput(schema: DataSchema, input: unknown): void {
  if (input === undefined) throw invalidInput('', 'is missing');
  const misfit = checkValue(schema, input);
  if (misfit) throw invalidInput(misfit.path, misfit.reason);
}

function ttlOf(request: CommandRequest): number | null {
  switch (request.verb) {
    case 'invoke':
      return request.ttlMs ?? LIMITS.invokeTtlMs;
    case 'enqueue':
      return request.ttlMs ?? LIMITS.enqueueTtlMs;
    case 'set':
      return request.ttlMs ?? null;
    default:
      return request.verb satisfies never;
  }
}

function invalidInput(path: string, reason: string): AppError {
  return new AppError('input_invalid', { details: { path, reason } });
}

function notAllowed(reason: string): AppError {
  return new AppError('operation_not_allowed', { details: { reason } });
}
