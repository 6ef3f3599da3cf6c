import type { Generated } from 'kysely';
import type { CredentialKind } from '#protocol/device/device.ts';
import type { CommandId, CredentialId, DeviceId, Epoch, HubId, SiteId } from '#protocol/ids.ts';

export interface DevicesTable {
  id: DeviceId;
  site_id: SiteId;
  client_id: string;
  /** In lower case: no two devices of the hub have the same. */
  client_key: string;
  name: string;
  /** Null: its own topics. */
  topic_space: string | null;
  created_at: number;
  last_seen_at: number | null;
}

export interface DeviceCredentialsTable {
  id: CredentialId;
  device_id: DeviceId;
  kind: CredentialKind;
  /** SHA-256: of a certificate in hexadecimal digits, of a password in base64url. */
  verifier: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
}

/** A unit that is a device: how its messages are read and written. */
export interface MappedUnitsTable {
  /** Of its reports, which are numbered: `reports` is the last number. */
  epoch: Epoch;
  unit_key: number;
  /** JSON. */
  mapping: string;
  reports: number;
  /** JSON: the last packets that were read, by which one that is sent again is recognised. */
  packets: string;
  /** The description of the device that a person has accepted for it, and its mapping then; null: none. */
  offer_id: string | null;
  offer_digest: string | null;
}

/** A message by which a device describes itself: the last that said something new. */
export interface DeviceAnnouncementsTable {
  device_id: DeviceId;
  /** Within the site. */
  topic: string;
  payload: string;
  /** By which the next one is compared with it. */
  digest: string;
  noted_at: number;
}

/** A command of which a device has not been proven to be rid: it waits, or was given away. */
export interface DeviceCommandsTable {
  /** The order of the commands of a device. */
  key: Generated<number>;
  command_id: CommandId;
  unit_key: number;
  device_id: DeviceId;
  /** The hub that it was given to, for this connection of the device; null: it waits. */
  hub_id: HubId | null;
  session_key: number | null;
  generation: number | null;
  /** Its cancellation was requested. */
  is_recalled: number;
}
