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
  /** When its person last gave the password. */
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
  /** JSON: the ids of the sites that it is for; null: all of its person. */
  site_ids: string | null;
}

/** Programs that ask for a token of a person. */
export interface DeviceLoginsTable {
  id: DeviceLoginId;
  device_code_hash: string;
  user_code_hash: string;
  /** What it is counted by, and what a person is shown. */
  address: string;
  shown_address: string;
  host: string;
  program: string;
  /** What the program asks for; the approval may be for less. */
  scope: ProgramScope;
  created_at: number;
  expires_at: number;
  state: 'waiting' | 'approved' | 'denied' | 'used';
  /** Who approved it. */
  user_id: UserId | null;
  /** JSON: what for. */
  approval: string | null;
}
