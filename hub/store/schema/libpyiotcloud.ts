import type { CredentialId, DeviceId, SiteId, UserId } from '#protocol/ids.ts';

/** Accounts that the libpyiotcloud API serves, and the site of each. */
export interface LibpyiotcloudAccountsTable {
  user_id: UserId;
  site_id: SiteId;
  /** JSON: the API tokens that its logins gave, the oldest first. */
  token_ids: string;
}

/** Certificates that were issued there, as long as they count. */
export interface KeptCertificatesTable {
  credential_id: CredentialId;
  /** PEM; its key is nobody's but the device's. */
  certificate: string;
}

/** What boards last answered to calls that read something. */
export interface BoardAnswersTable {
  device_id: DeviceId;
  /** The call with its arguments. */
  call: string;
  /** JSON, as the board wrote it. */
  answer: string;
  answered_at: number;
}

/** Calls under way at boards, of which there is one per API and board among all hubs. */
export interface BoardCallsTable {
  device_id: DeviceId;
  api: string;
  owner: string;
  ends_at: number;
}
