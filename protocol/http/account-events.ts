import { z } from 'zod';
import { AccountEvent } from '../events/account-event.ts';

/** GET /api/account/events: the newest, newest first, before `before` where it is given. */
export const AccountEventsQuery = z.strictObject({
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type AccountEventsQuery = z.infer<typeof AccountEventsQuery>;

export const AccountEventsPage = z.object({
  events: z.array(AccountEvent),
  /** Where the next page goes on, as `before`; null: there is none. */
  next: z.int().positive().nullable(),
});
export type AccountEventsPage = z.infer<typeof AccountEventsPage>;
