/** What comes with a message beside its payload: texts by name. */
export type MessageFacts = Readonly<Record<string, string>>;

export interface BaggedTopic {
  readonly topic: string;
  readonly facts: MessageFacts;
}

/** Where Azure's devices publish; their properties are the level after it, wherever that lies in a site. */
const AZURE_EVENTS = /^((?:.+\/)?devices\/[^/]+\/messages\/events)\/(.+)$/;
const PAIR = /^[^=&/]+=[^=&/]*$/;
const MAX_FACTS = 32;

/**
 * Clients before MQTT 5 have no properties: Azure's devices write theirs after the topic, as
 * `devices/<id>/messages/events/alert=true&node=a`, others as `<topic>?alert=true`. Undefined for
 * any other topic.
 */
export function bagOf(name: string): BaggedTopic | undefined {
  const [, events, level] = AZURE_EVENTS.exec(name) ?? [];
  if (events !== undefined && level !== undefined) {
    const facts = factsIn(level.replace(/^\?/, ''));
    return facts && { topic: events, facts };
  }
  const mark = name.indexOf('?');
  if (mark < 1) return undefined;
  const facts = factsIn(name.slice(mark + 1));
  return facts && { topic: name.slice(0, mark).replace(/\/$/, ''), facts };
}

function factsIn(text: string): MessageFacts | undefined {
  const pairs = text.split('&');
  if (pairs.length > MAX_FACTS || !pairs.every((pair) => PAIR.test(pair))) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', value = ''] = pair.split('=');
      return [decoded(key), decoded(value)];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
