import type { CredentialKind } from '#protocol/device/device.ts';
import type { CredentialId, DeviceId, SiteId } from '#protocol/ids.ts';

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
