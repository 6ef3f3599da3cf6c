import { z } from 'zod';

/** How far a consumer of events is behind: 0 of both where nothing waits for it. */
export const ConsumerLag = z.object({
  name: z.string(),
  /** Stored and not handled yet, of the sites where there is something to do for it. */
  events: z.int().nonnegative(),
  /** Since the oldest of these happened. */
  seconds: z.number().nonnegative(),
});
export type ConsumerLag = z.infer<typeof ConsumerLag>;

/** GET /api/metrics/consumers */
export const ConsumersLag = z.object({ consumers: z.array(ConsumerLag) });
export type ConsumersLag = z.infer<typeof ConsumersLag>;

/** GET /api/metrics/clock */
export const ClockDifference = z.object({
  /** The database's clock less this machine's; null where the hub has the database to itself. */
  databaseAheadSeconds: z.number().nullable(),
});
export type ClockDifference = z.infer<typeof ClockDifference>;
