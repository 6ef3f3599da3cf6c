import { z } from 'zod';

/** The last moment of the year 9999, the latest that an instant of `json.ts` can represent. */
const LAST_MS = 253_402_300_799_999;

/** A time in whole milliseconds since 1970, within the range of an instant. */
export const EpochMs = z.int().min(0).max(LAST_MS);
