import type { DeviceId, TokenId } from '#protocol/ids.ts';

/**
 * Who a device is, in one word: in sessions of the broker, as the author of messages, as the
 * cause of events.
 */
export function deviceSubject(id: DeviceId): string {
  return `device:${id}`;
}

/** The same of software with an API token. */
export function tokenSubject(id: TokenId): string {
  return `token:${id}`;
}

/** What such a word says. */
export interface SubjectParts {
  readonly kind: string;
  readonly id: string;
}

export function partsOfSubject(subject: string): SubjectParts {
  const [kind = '', id = ''] = subject.split(':', 2);
  return { kind, id };
}
