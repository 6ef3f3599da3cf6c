import { z } from 'zod';
import { MAX_MESSAGE_BYTES } from './bus.ts';
import { Hint } from './hint.ts';

/** One message: from which run of which hub, and what it says; none at all is a sign of life. */
const Envelope = z.object({ from: z.string().max(60), hints: z.array(z.unknown()).max(1_000) });

export interface Received {
  readonly from: string;
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
  const hints = envelope.data.hints.flatMap((one) => {
    const hint = Hint.safeParse(one);
    return hint.success ? [hint.data] : [];
  });
  return { from: envelope.data.from, hints };
}

/** Hints as messages that each fit; one that fits none is left out. */
export function messagesOf(
  from: string,
  hints: readonly Hint[],
): { readonly messages: readonly string[]; readonly tooLarge: number } {
  const head = JSON.stringify({ from, hints: [] }).length;
  const messages: string[] = [];
  let part: string[] = [];
  let bytes = head;
  let tooLarge = 0;
  const flush = (): void => {
    if (part.length > 0) messages.push(`{"from":${JSON.stringify(from)},"hints":[${part.join()}]}`);
    part = [];
    bytes = head;
  };
  for (const hint of hints) {
    const text = JSON.stringify(hint);
    const size = Buffer.byteLength(text) + 1;
    if (head + size > MAX_MESSAGE_BYTES) {
      tooLarge += 1;
      continue;
    }
    if (bytes + size > MAX_MESSAGE_BYTES || part.length === 1_000) flush();
    part.push(text);
    bytes += size;
  }
  flush();
  return { messages, tooLarge };
}

/** Of hints that say the same the last one. */
export function withoutRepeats(hints: readonly Hint[]): Hint[] {
  const last = new Map<string, Hint>();
  for (const [index, hint] of hints.entries()) last.set(subjectOf(hint, index), hint);
  return [...last.values()];
}

function subjectOf(hint: Hint, index: number): string {
  switch (hint.kind) {
    case 'events':
    case 'readings':
      return `${hint.kind} ${hint.site}`;
    case 'values':
      return `values ${hint.unit}`;
    case 'log':
      return `log ${hint.base}`;
    case 'dirty':
      return `dirty ${hint.consumer}`;
    case 'ended':
    case 'live':
    case 'revoked':
      return String(index);
    default:
      return hint satisfies never;
  }
}
