import type { HubId } from '#protocol/ids.ts';

/** Hubs that run on this database. Times are by its clock. */
export interface HubsTable {
  id: HubId;
  started_at: number;
  /** Unless it renews this lease, it counts as dead from then on. */
  expires_at: number;
}
