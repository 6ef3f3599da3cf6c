import { z } from 'zod';
import { Epoch } from '../ids.ts';

/** A number of a base's outbox, and the run of the base that gave it: no two events share both. */
export const OutboxPlace = z.strictObject({ run: Epoch, seq: z.int().nonnegative() });
export type OutboxPlace = z.infer<typeof OutboxPlace>;
