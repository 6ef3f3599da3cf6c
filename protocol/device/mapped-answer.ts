import { Json } from '../json.ts';
import { CommandId } from '../ids.ts';
import { ScalarValue } from '../thing/data-schema.ts';
import type { DeviceMapping } from './device-mapping.ts';

/** Where a device answers to a command, if it confirms it so. */
export function answerTopic(commandTopic: string): string {
  return `${commandTopic}/r`;
}

/** Names the command in its JSON, and in the answer, for devices without correlation data. */
export const ID_MEMBER = 'id';

/** Topics at which the device answers. */
export function answerTopicsOf({ properties, actions }: DeviceMapping): string[] {
  const targets = properties.flatMap(({ target }) => target ?? []);
  return [...targets, ...actions]
    .filter(({ confirmation }) => confirmation === 'response')
    .map(({ topic }) => answerTopic(topic));
}

/** What a device answered to a command. */
export interface MappedAnswer {
  /** Undefined: it does not say to which, apart from correlation data. */
  readonly commandId: CommandId | undefined;
  readonly isFailure: boolean;
  readonly output: ScalarValue | undefined;
}

/**
 * Reads an answer: nothing, a value, or JSON with any of `id`, `ok`, `error` and `value`. It is a
 * failure where `ok` is false, or there is an `error`.
 */
export function readAnswer(payload: Uint8Array): MappedAnswer {
  const text = new TextDecoder().decode(payload).trim();
  const document = documentOf(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    const output = ScalarValue.safeParse(document ?? (text === '' ? undefined : text));
    return { commandId: undefined, isFailure: false, output: output.data };
  }
  const id = CommandId.safeParse(document[ID_MEMBER]);
  const error = document['error'];
  const isFailure = document['ok'] === false || (error !== undefined && error !== null);
  return {
    commandId: id.data,
    isFailure,
    output: ScalarValue.safeParse(document['value']).data,
  };
}

function documentOf(text: string): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
