import type { CommandId } from '../ids.ts';
import { Json } from '../json.ts';
import type { IssuedCommand } from '../command/command.ts';
import { ScalarValue } from '../thing/data-schema.ts';
import type { Confirmation, DeviceMapping } from './device-mapping.ts';
import { ID_MEMBER } from './mapped-answer.ts';
import { writePayload } from './payload-form.ts';

/** The name under which the only input of an action stands in a command. */
export const ACTION_INPUT = 'value';

/** A message that carries a command to a device. */
export interface CommandMessage {
  readonly topic: string;
  readonly payload: string;
  readonly confirmation: Confirmation;
}

/** The message for a command; undefined where the mapping has none for it, as for a read. */
export function commandMessage(
  { properties, actions }: DeviceMapping,
  { operation, affordance, input }: Pick<IssuedCommand, 'operation' | 'affordance' | 'input'>,
): CommandMessage | undefined {
  switch (operation) {
    case 'readproperty':
      return undefined;
    case 'writeproperty': {
      const target = properties.find(({ name }) => name === affordance)?.target;
      const value = ScalarValue.safeParse(input);
      if (target === undefined || !value.success) return undefined;
      const { topic, form, confirmation } = target;
      return { topic, payload: writePayload(form, value.data), confirmation };
    }
    case 'invokeaction': {
      const action = actions.find(({ name }) => name === affordance);
      if (action === undefined) return undefined;
      const { topic, form, confirmation, payload = '' } = action;
      if (form === undefined) return { topic, payload, confirmation };
      const value = ScalarValue.safeParse(inputOf(input));
      if (!value.success) return undefined;
      return { topic, payload: writePayload(form, value.data), confirmation };
    }
    default:
      return operation satisfies never;
  }
}

/**
 * The payload with the id of its command, by which a device answers that has no correlation
 * data: where it is a JSON object. Anything else is sent as it is.
 */
export function withCommandId({ payload, confirmation }: CommandMessage, id: CommandId): string {
  if (confirmation !== 'response') return payload;
  if (payload === '') return JSON.stringify({ [ID_MEMBER]: id });
  let document: unknown;
  try {
    document = JSON.parse(payload);
  } catch {
    return payload;
  }
  const object = Json.safeParse(document).data;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return payload;
  return JSON.stringify({ [ID_MEMBER]: id, ...object });
}

function inputOf(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, ACTION_INPUT)) {
    return undefined;
  }
  return Object.entries(input).find(([name]) => name === ACTION_INPUT)?.[1];
}
