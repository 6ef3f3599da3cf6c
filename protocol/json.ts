import { z } from 'zod';

/** A value that JSON can carry. */
export const Json = z.json();
export type Json = z.infer<typeof Json>;

/** An instant on the wire: ISO 8601 in UTC with milliseconds. */
export const Instant = z.iso.datetime({ offset: false, precision: 3 });
export type Instant = z.infer<typeof Instant>;

/** Milliseconds since 1970 as they travel. */
export function toInstant(ms: number): Instant {
  return new Date(ms).toISOString();
}

/** Milliseconds since 1970 of a parsed instant. */
export function fromInstant(instant: Instant): number {
  return Date.parse(instant);
}
