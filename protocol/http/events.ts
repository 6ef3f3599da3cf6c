import { z } from 'zod';
import { EventOutcome } from '../events/event-outcome.ts';
import { SITE_EVENT_TYPES, SiteEvent } from '../events/site-event.ts';
import { ResumeFailure } from '../site-cursor.ts';
import { BaseId, Epoch, UnitId, UserId } from '../ids.ts';

/** Stored events that are searched for one answer, whatever the filter. */
export const EVENTS_PER_LOOK = 5_000;

/**
 * GET /api/sites/:siteId/events: with `after`, the events after that revision, oldest
 * first; otherwise the newest, newest first, before `before` if given.
 */
export const SiteEventsQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().optional(),
  /** Of the site's events that `after`, or `before`, is a revision of. */
  epoch: Epoch.optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** One or more, divided by commas. */
  type: z
    .string()
    .max(1_000)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(SITE_EVENT_TYPES)).min(1))
    .optional(),
  unit: UnitId.optional(),
  /** That it was paired, went online or offline, changed or was removed; units added there and removed. */
  base: BaseId.optional(),
  /** What a person did, or had done by a token, and how the commands of both ended. */
  person: UserId.optional(),
  /** The id of what caused it itself: a person, a token, a base or a unit. */
  actor: z.string().max(80).optional(),
  outcome: EventOutcome.optional(),
});
export type SiteEventsQuery = z.infer<typeof SiteEventsQuery>;

export const SiteEventsPage = z.object({
  epoch: Epoch,
  /** Of the newest event of the site. */
  rev: z.int().nonnegative(),
  /** Up to here not all events are kept any more: what serves as audit is. */
  floor: z.int().nonnegative(),
  /** The position of the site's readings at that time. */
  readings: z.int().nonnegative(),
  /** False if events between `after` and this page are missing; `reason` says why. */
  recovered: z.boolean(),
  reason: ResumeFailure.optional(),
  events: z.array(SiteEvent),
  /**
   * Position of the next page, as `after` or `before`; null: none. A page may have
   * fewer events than `limit`, or none, and still have a next one.
   */
  next: z.int().nonnegative().nullable(),
});
export type SiteEventsPage = z.infer<typeof SiteEventsPage>;
