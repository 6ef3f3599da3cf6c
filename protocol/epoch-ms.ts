import { z } from 'zod';

/** The last moment of the year 9999: the last one that an instant of `json.ts` can say. */
const LAST_MS = 253_402_300_799_999;

/** A moment as whole milliseconds since 1970, within what an instant can say. */
export const EpochMs = z.int().min(0).max(LAST_MS);
