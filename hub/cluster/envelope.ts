import { z } from 'zod';
import { MAX_MESSAGE_BYTES } from './bus.ts';
import { Hint, type SiteHint } from './hint.ts';

/** One message: from which run of which hub, its number, and what it says; nothing at all is a sign of life. */
const Envelope = z.object({
  from: z.string().max(60),
  number: z.int().nonnegative(),
  hints: z.array(z.unknown()).max(1_000),
});

export interface Received {
  readonly from: string;
  /** Counts the messages of a sender. */
  readonly number: number;
  readonly hints: readonly Hint[];
}

/** @returns undefined for what is no message; a hint of a later version is left out alone. */
export function parseMessage(text: string): Received | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) return undefined;
  const { from, number } = envelope.data;
  const hints = envelope.data.hints.flatMap((one) => {
    const hint = Hint.safeParse(one);
    return hint.success ? [hint.data] : [];
  });
  return { from, number, hints };
}

export function messageOf(from: string, number: number, hints: readonly string[]): string {
  return `{"from":${JSON.stringify(from)},"number":${number},"hints":[${hints.join()}]}`;
}

/** Sender and number take this much at most. */
const HEAD_BYTES = 150;
const MAX_HINTS = 1_000;

/** Hints as JSON, as many together as fit a message; one that fits none is left out. */
export function packed(hints: readonly Hint[]): {
  readonly messages: readonly (readonly string[])[];
  readonly tooLarge: number;
} {
  const messages: string[][] = [];
  let part: string[] = [];
  let bytes = HEAD_BYTES;
  let tooLarge = 0;
  for (const hint of hints) {
    const text = JSON.stringify(hint);
    const size = Buffer.byteLength(text) + 1;
    if (HEAD_BYTES + size > MAX_MESSAGE_BYTES) {
      tooLarge += 1;
      continue;
    }
    if (bytes + size > MAX_MESSAGE_BYTES || part.length === MAX_HINTS) {
      messages.push(part);
      part = [];
      bytes = HEAD_BYTES;
    }
    part.push(text);
    bytes += size;
  }
  if (part.length > 0) messages.push(part);
  return { messages, tooLarge };
}

/** Of hints that say the same one; and what was stored in a site as one, unless it shows something. */
export function withoutRepeats(hints: readonly Hint[]): Hint[] {
  const last = new Map<string, Hint>();
  for (const [index, hint] of hints.entries()) {
    const subject = subjectOf(hint, index);
    const before = last.get(subject);
    if (hint.kind === 'mqtt_stored' && before?.kind === 'mqtt_stored' && before.seq > hint.seq) {
      continue;
    }
    const isSite = hint.kind === 'site' && before?.kind === 'site';
    last.set(subject, isSite ? mergedSite(before, hint) : hint);
  }
  return [...last.values()];
}

function mergedSite(before: SiteHint, after: SiteHint): SiteHint {
  const isSameLife = before.events?.epoch === after.events?.epoch;
  const events =
    before.events && after.events && isSameLife
      ? { ...after.events, from: before.events.from }
      : (after.events ?? before.events);
  const values = new Set([...(before.values ?? []), ...(after.values ?? [])]);
  return {
    ...before,
    ...after,
    ...(events === undefined ? {} : { events }),
    ...(values.size === 0 ? {} : { values: [...values] }),
  };
}

function subjectOf(hint: Hint, index: number): string {
  switch (hint.kind) {
    case 'site':
      return hint.parts === undefined ? `site ${hint.site}` : String(index);
    case 'watched':
      return `watched ${hint.site}`;
    case 'log':
      return `log ${hint.base}`;
    case 'dirty':
      return `dirty ${hint.consumer}`;
    case 'device':
      return `device ${hint.device}`;
    case 'mqtt_stored':
      return `mqtt ${hint.site}`;
    case 'mqtt_passing':
    case 'mqtt_subscribed':
    case 'mqtt_session_taken':
    case 'ended':
    case 'request':
    case 'reply':
    case 'superseded':
    case 'revoked':
      return String(index);
    default:
      return hint satisfies never;
  }
}
