import type { Generated } from 'kysely';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseId, CommandId, DeviceId, Epoch, SiteId, UnitId } from '#protocol/ids.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { ClockQuality, GapReason } from '#protocol/reading.ts';
import type { UnitEndpoint } from '#protocol/unit-endpoint.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';

export interface UnitsTable {
  key: Generated<number>;
  id: UnitId;
  site_id: SiteId;
  name: string;
  place: string;
  /** How it is reached: the columns of that kind are set, and no others. */
  endpoint_kind: UnitEndpoint['kind'];
  /** `base`; unique by base, host and port. */
  base_key: number | null;
  base_id: BaseId | null;
  host: string | null;
  port: number | null;
  link: UnitLinkKind | null;
  /** `mqtt_device`; unique. */
  device_id: DeviceId | null;
  hardware_id: string | null;
  /** JSON: the unit's own identity. */
  identity: string | null;
  /** JSON: its Thing Description. */
  description: string | null;
  presence_state: UnitState;
  presence_since: number;
  presence_code: ErrorCode | null;
  last_contact_at: number | null;
  created_at: number;
  /** Place in the base's outbox of the presence and of the description in force. */
  presence_epoch: Epoch | null;
  presence_seq: number | null;
  described_epoch: Epoch | null;
  described_seq: number | null;
}

export interface PropertiesTable {
  key: Generated<number>;
  unit_key: number;
  name: string;
  /** JSON: the latest value. */
  value: string;
  measured_at: number;
  received_at: number;
  clock: ClockQuality;
  /** The position of its report in the order of its source; null: it is no reading. */
  boot: number | null;
  sample: number | null;
  reported_epoch: Epoch | null;
  reported_seq: number | null;
  /** Of the site, when it was last put. */
  readings_rev: Generated<number>;
  /** Earlier readings are not in the roll-ups yet; 0: all are. */
  rolled_up_from: Generated<number>;
  /** No stored reading of this boot has a higher number. */
  top_boot: number | null;
  top_seq: number | null;
  /** The same before the last report; null where that is not known. */
  top_seq_before: number | null;
}

export interface DesiredTable {
  unit_key: number;
  property: string;
  /** JSON. */
  value: string;
  version: number;
  /** The command that carries the desired value; null once it is settled. */
  command_id: CommandId | null;
  set_at: number;
}

/** Numbers, and switches as 0 and 1. */
export interface ReadingsTable {
  property_key: number;
  /** The unit's boot id as a number. */
  boot: number;
  seq: number;
  measured_at: number;
  received_at: number;
  value: number;
  /** 0 synced, 1 free-running, 2 none. */
  clock: number;
}

/** Readings of a minute or an hour; values that are no numbers are left out. */
export interface ReadingBucketsTable {
  property_key: number;
  /** When it begins. */
  at: number;
  count: number;
  min: number;
  max: number;
  /** Not the sum, which may be more than a number can be. */
  mean: number;
  last: number;
  last_at: number;
}

/** Hours with readings that are not in the roll-ups yet. */
export interface DirtyHoursTable {
  property_key: number;
  hour: number;
  /** Who rolls it up; null again when readings are added meanwhile. */
  claim: string | null;
  claimed_at: number | null;
}

/** Readings from before the time from which a site keeps them: they only join the roll-ups. */
export interface LateReadingsTable {
  property_key: number;
  boot: number;
  seq: number;
  measured_at: number;
  value: number;
}

/** Which readings were stored at a position of a site. */
export interface ReadingPositionsTable {
  site_id: SiteId;
  position: number;
  at: number;
  /** JSON: `[property key, boot, seq, ...]` for each property. */
  readings: string;
}

/** Readings that a base gave up. */
export interface ReadingGapsTable {
  key: Generated<number>;
  unit_key: number;
  reason: GapReason;
  from_ms: number;
  to_ms: number;
  count: number;
}
