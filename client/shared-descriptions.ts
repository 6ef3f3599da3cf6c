import { z } from 'zod';
import { ThingDescription } from '#protocol/thing/thing-description.ts';

/** Different descriptions that are remembered; a home has a few models, and firmware moves on. */
const MAX_KNOWN = 64;

/**
 * A unit's description as a schema that validates each distinct text once: units of one
 * model have equal descriptions, which are most of a snapshot. Equal ones share one
 * object.
 */
export function sharedDescriptions(check = (value: unknown) => ThingDescription.safeParse(value)) {
  const known = new Map<string, ThingDescription>();
  return z.unknown().transform((value, context): ThingDescription | null => {
    if (value === null) return null;
    const text = JSON.stringify(value);
    const found = known.get(text);
    if (found) return found;
    const parsed = check(value);
    if (!parsed.success) {
      context.addIssue({ code: 'custom', message: z.prettifyError(parsed.error) });
      return z.NEVER;
    }
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(text, parsed.data);
    return parsed.data;
  });
}
