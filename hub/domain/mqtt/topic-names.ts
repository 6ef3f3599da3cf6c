import { MQTT_LIMITS } from './mqtt-limits.ts';

/** A NUL, or what invalid UTF-8 was decoded to (MQTT 5 section 1.5.4). */
const UNREADABLE = /[\0\uFFFD]/;

function isWithinBounds(name: string): boolean {
  if (name === '' || UNREADABLE.test(name)) return false;
  if (Buffer.byteLength(name) > MQTT_LIMITS.topicBytes) return false;
  return name.split('/').length <= MQTT_LIMITS.topicLevels;
}

/** Whether a message can be published at this topic (MQTT 5 section 4.7). */
export function isTopic(name: string): boolean {
  return isWithinBounds(name) && !/[+#]/.test(name);
}

/** Whether it is a filter, without a share. */
export function isFilter(filter: string): boolean {
  if (!isWithinBounds(filter)) return false;
  const levels = filter.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}

/** A subscription as a client names it. */
export interface NamedFilter {
  /** Null: not shared. */
  readonly share: string | null;
  readonly filter: string;
}

const SHARED = '$share/';

/** Undefined: not a filter (MQTT 5 sections 4.7 and 4.8.2), or one that no client may name. */
export function parseSubscription(name: string): NamedFilter | undefined {
  if (!name.startsWith('$')) return isFilter(name) ? { share: null, filter: name } : undefined;
  if (!name.startsWith(SHARED)) return undefined;
  const end = name.indexOf('/', SHARED.length);
  if (end === -1) return undefined;
  const share = name.slice(SHARED.length, end);
  const filter = name.slice(end + 1);
  if (share === '' || /[+#]/.test(share) || UNREADABLE.test(share)) return undefined;
  if (filter.startsWith('$') || !isFilter(filter)) return undefined;
  return { share, filter };
}

/** Whether a filter matches a topic. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  // A wildcard at the front matches no topic that begins with a dollar sign.
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length) return false;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

/** What every topic that a filter matches begins with. */
export function literalStart(filter: string): string {
  const wildcard = filter.search(/[+#]/);
  if (wildcard === -1) return filter;
  const start = filter.slice(0, wildcard);
  // `a/#` matches `a` too.
  return filter[wildcard] === '#' && start.endsWith('/') ? start.slice(0, -1) : start;
}
