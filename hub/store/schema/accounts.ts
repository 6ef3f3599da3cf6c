import type { Generated } from 'kysely';
import type { ProgramScope, TokenScope } from '#protocol/access/roles.ts';
import type { DeviceLoginId, SessionId, TokenId, UserId } from '#protocol/ids.ts';

export interface SettingsTable {
  key: string;
  value: string;
}

export interface UsersTable {
  id: UserId;
  email: string;
  name: string;
  password_hash: string;
  created_at: number;
  /** Of its newest event. */
  events_rev: Generated<number>;
}

export interface SessionsTable {
  id: SessionId;
  user_id: UserId;
  token_hash: string;
  user_agent: string;
  created_at: number;
  /** When its person last confirmed the password. */
  reauthenticated_at: number;
  last_used_at: number;
  expires_at: number;
}

export interface ApiTokensTable {
  id: TokenId;
  user_id: UserId;
  token_hash: string;
  name: string;
  scope: TokenScope;
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
  /** JSON: the ids of the sites that it is for; null: all sites of its owner. */
  site_ids: string | null;
}

/** Programs that request a token from a person. */
export interface DeviceLoginsTable {
  id: DeviceLoginId;
  device_code_hash: string;
  user_code_hash: string;
  /** Its address: logins are counted by it, and a person sees it. */
  address: string;
  shown_address: string;
  host: string;
  program: string;
  /** The scope that the program requests; the approval may be for less. */
  scope: ProgramScope;
  created_at: number;
  expires_at: number;
  state: 'waiting' | 'approved' | 'denied' | 'used';
  /** Who approved it. */
  user_id: UserId | null;
  /** JSON: for what. */
  approval: string | null;
}

/** What is tried: passwords of accounts, and codes of programs that want to sign in. */
export type AttemptKind =
  | 'sign_in'
  | 'sign_in_known'
  | 'session_check'
  | 'session_password'
  | 'login_code_account'
  | 'login_code_address';

/** Attempts that all hubs count together, each in its window. */
export interface AttemptsTable {
  kind: AttemptKind;
  /** SHA-256 of what it is counted by. */
  key: string;
  count: number;
  ends_at: number;
}
