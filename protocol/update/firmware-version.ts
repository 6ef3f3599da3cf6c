import { z } from 'zod';

/** Three numbers from 0 to 65535, as units compare them: `1.4.0`. */
const FORM = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})$/;
const MAX = 65_535;

function isFirmwareVersion(text: string): boolean {
  const match = FORM.exec(text);
  return match !== null && match.slice(1).every((digits) => Number(digits) <= MAX);
}

/** The version of a signed firmware. A unit that was never updated may report another form. */
export const FirmwareVersion = z
  .string()
  .refine(isFirmwareVersion, 'must be three numbers up to 65535: 1.4.0');
export type FirmwareVersion = z.infer<typeof FirmwareVersion>;

/** Negative when `a` is the older one, 0 when they are the same. Both are of the form above. */
export function compareFirmwareVersions(a: FirmwareVersion, b: FirmwareVersion): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (const place of [0, 1, 2]) {
    const difference = (left?.[place] ?? 0) - (right?.[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
