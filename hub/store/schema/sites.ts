import type { Generated } from 'kysely';
import type { Role } from '#protocol/access/roles.ts';
import type { Epoch, InvitationId, SiteId, UserId } from '#protocol/ids.ts';

export interface SitesTable {
  id: SiteId;
  name: string;
  created_at: number;
  /** Of its newest event. */
  rev: Generated<number>;
  /** The epoch of its events: a new one begins after a restore. */
  epoch: Epoch;
  /** Up to here its events are incomplete. */
  events_floor: Generated<number>;
  /** Counts the transactions that stored readings. */
  readings_rev: Generated<number>;
  /** Up to here it is not known which readings were stored at which position. */
  readings_floor: Generated<number>;
  /** How long readings, their minutes and their hours are kept; null: for ever. */
  raw_days: number | null;
  minute_days: number | null;
  hour_days: number | null;
  /** Nothing from before is kept any more; all of it is in what is kept longer. */
  raw_floor: Generated<number>;
  minute_floor: Generated<number>;
  hour_floor: Generated<number>;
}

export interface MembersTable {
  site_id: SiteId;
  user_id: UserId;
  role: Role;
  since: number;
  /** JSON: the member's order of the tiles, a list of unit ids. */
  layout: string;
}

export interface InvitationsTable {
  id: InvitationId;
  site_id: SiteId;
  code_hash: string;
  role: Role;
  invited_by: UserId;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}
