import type { AffordanceName } from '../command/command.ts';
import type { z } from 'zod';
import type { ScalarValue } from '../thing/data-schema.ts';
import type { DeviceMapping } from './device-mapping.ts';
import type { MessageFacts } from './property-bag.ts';
import { type Picked, readPayload } from './payload-form.ts';

/** What one message of a device says of its unit. */
export interface MappedMessage {
  readonly values: readonly MappedValue[];
  readonly events: readonly {
    readonly event: z.infer<typeof AffordanceName>;
    readonly data: ScalarValue | undefined;
  }[];
  /** What the mapping expects and the message does not say. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
}

export interface MappedValue {
  readonly property: z.infer<typeof AffordanceName>;
  readonly value: ScalarValue;
}

/** Reads a message by the mapping of its device; a topic that it does not name says nothing. */
export function readMessage(
  { properties, events }: DeviceMapping,
  message: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly facts?: MessageFacts;
  },
): MappedMessage {
  const values: MappedValue[] = [];
  const happened: MappedMessage['events'][number][] = [];
  const unreadable: MappedMessage['unreadable'][number][] = [];
  const text = textOf(message.payload);
  const pick = (
    name: string,
    read: (payload: string) => Picked,
    isOptional = false,
  ): ScalarValue | undefined => {
    const picked: Picked =
      text === undefined ? { ok: false, reason: 'is not text in UTF-8' } : read(text);
    if (picked.ok) return picked.value;
    if (isOptional && picked.isAbsent) return undefined;
    unreadable.push({ name, reason: picked.reason });
    return undefined;
  };
  for (const { name, schema, source } of properties) {
    if (source?.topic !== message.topic) continue;
    const { fact, form, isOptional } = source;
    if (fact !== undefined) {
      // A message may come without it.
      const said = message.facts?.[fact];
      if (said === undefined) continue;
      const picked = readPayload(form, schema, said);
      if (picked.ok) values.push({ property: name, value: picked.value });
      else unreadable.push({ name, reason: picked.reason });
      continue;
    }
    const value = pick(name, (payload) => readPayload(form, schema, payload), isOptional);
    if (value !== undefined) values.push({ property: name, value });
  }
  for (const { name, topic, payload: wanted, data } of events) {
    if (topic !== message.topic || (wanted !== undefined && text?.trim() !== wanted)) continue;
    if (data === undefined) happened.push({ event: name, data: undefined });
    else {
      const value = pick(name, (payload) => readPayload(data.form, data.schema, payload));
      if (value !== undefined) happened.push({ event: name, data: value });
    }
  }
  return { values, events: happened, unreadable };
}

function textOf(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}
