import { z } from 'zod';
import { Epoch } from './ids.ts';

/** A place in the events and the readings of a site: snapshots carry it, and joins resume after it. */
export const SiteCursor = z.object({
  epoch: Epoch,
  rev: z.int().nonnegative(),
  readings: z.int().nonnegative(),
});
export type SiteCursor = z.infer<typeof SiteCursor>;

/**
 * Why a place cannot be resumed after. epoch: it is of another life of the
 * site's events. expired: they are no longer kept. too_far: they are more
 * than an answer brings.
 */
export const ResumeFailure = z.enum(['epoch', 'expired', 'too_far']);
export type ResumeFailure = z.infer<typeof ResumeFailure>;
