import type { Generated, Kysely, Transaction } from 'kysely';
import type { CommandState } from '#protocol/command/command-state.ts';
import type { Operation, Verb } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { AccountEventType } from '#protocol/events/account-event.ts';
import type { SiteEventType } from '#protocol/events/site-event.ts';
import type { LogEntryType, LogMark } from '#protocol/hub-link/base-log.ts';
import type { ProgramScope, Role, TokenScope } from '#protocol/access/roles.ts';
import type {
  BaseId,
  ClaimId,
  CommandId,
  DeviceLoginId,
  Epoch,
  FirmwareId,
  InvitationId,
  RolloutId,
  SessionId,
  SiteId,
  TokenId,
  UnitId,
  UpdateId,
  UserId,
} from '#protocol/ids.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { ClockQuality, GapReason } from '#protocol/reading.ts';
import type { RolloutHold, RolloutState } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { FileDigest } from '#protocol/rollout/update-order.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';

/**
 * The tables as queries see them (hub/store/migrations makes them). Times are
 * milliseconds since 1970. Columns that hold JSON say so, and are parsed by
 * the file of their noun. Integer keys stand in for ids where rows are many.
 */
export interface Tables {
  settings: SettingsTable;
  users: UsersTable;
  sessions: SessionsTable;
  api_tokens: ApiTokensTable;
  device_logins: DeviceLoginsTable;
  sites: SitesTable;
  members: MembersTable;
  invitations: InvitationsTable;
  claim_codes: ClaimCodesTable;
  bases: BasesTable;
  base_log: BaseLogTable;
  event_ranges: EventRangesTable;
  units: UnitsTable;
  properties: PropertiesTable;
  desired: DesiredTable;
  readings: ReadingsTable;
  reading_gaps: ReadingGapsTable;
  commands: CommandsTable;
  idempotency_keys: IdempotencyKeysTable;
  firmware: FirmwareTable;
  firmware_keys: FirmwareKeysTable;
  rollouts: RolloutsTable;
  unit_updates: UnitUpdatesTable;
  site_events: SiteEventsTable;
  account_events: AccountEventsTable;
  event_cursors: EventCursorsTable;
  event_dirty: EventDirtyTable;
}

/** Either the database itself or a transaction on it: for reading. */
export type Db = Kysely<Tables>;
/** A transaction, which is the only way to write. */
export type Tx = Transaction<Tables>;

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
  proved_at: number;
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

export interface SitesTable {
  id: SiteId;
  name: string;
  created_at: number;
  /** Of its newest event. */
  rev: Generated<number>;
  /** Names the life of its events: another one after a restore. */
  epoch: Epoch;
  /** Up to here its events are not all kept any more. */
  events_floor: Generated<number>;
  /** Counts the transactions that stored readings. */
  readings_rev: Generated<number>;
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

export interface ClaimCodesTable {
  id: ClaimId;
  site_id: SiteId;
  base_name: string;
  secret_hash: string;
  /** null: the hub itself, for a base on the same machine. */
  created_by: UserId | null;
  created_at: number;
  expires_at: number;
  base_id: BaseId | null;
}

export interface BasesTable {
  key: Generated<number>;
  id: BaseId;
  site_id: SiteId;
  name: string;
  version: string;
  /** Raw Ed25519 public key, base64url. */
  public_key: string;
  created_at: number;
  /** A removed base stays as a row, so that it can be told that it was removed. */
  removed_at: number | null;
  last_seen_at: number | null;
  log_epoch: Epoch;
  /** Highest sequence number given in this epoch. */
  log_head: number;
  /** Sequence numbers up to here are no longer in the log. */
  log_floor: number;
  /** Up to here the base has said that it holds the log. */
  log_acked: number;
  /** Of the entry at the head, or of the beginning of the epoch. */
  log_mark: LogMark | null;
  /** Its connection to a hub; null: there is none. */
  connection: string | null;
  /** 1: it has caught up on this connection, and is sent what comes as it comes. */
  is_live: number;
  /** When its last connection ended; null: never, or not known. */
  left_at: number | null;
}

export interface BaseLogTable {
  base_key: number;
  seq: number;
  type: LogEntryType;
  /** The command it speaks of; its body is made from the command when it is sent. */
  command_id: CommandId | null;
  /** JSON: the ids of the units it speaks of. */
  unit_ids: string | null;
  /** Null in entries from before there were marks. */
  mark: LogMark | null;
}

/** Sequence numbers of a base's outbox that are settled, as ranges without overlap. */
export interface EventRangesTable {
  base_key: number;
  /** The run of the base that gave the numbers. */
  epoch: Epoch;
  from_seq: number;
  to_seq: number;
}

export interface UnitsTable {
  key: Generated<number>;
  id: UnitId;
  base_key: number;
  base_id: BaseId;
  site_id: SiteId;
  name: string;
  place: string;
  host: string;
  port: number;
  link: UnitLinkKind;
  hardware_id: string | null;
  /** JSON: what the unit said of itself. */
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
  /** Where its report stands in the order of its source; null: it is no reading. */
  boot: number | null;
  sample: number | null;
  told_epoch: Epoch | null;
  told_seq: number | null;
  /** Of the site, when it was last put. */
  readings_rev: Generated<number>;
}

export interface DesiredTable {
  unit_key: number;
  property: string;
  /** JSON. */
  value: string;
  version: number;
  /** The command that carries the wish; null once the wish is settled. */
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

/** Readings that a base gave up. */
export interface ReadingGapsTable {
  key: Generated<number>;
  unit_key: number;
  reason: GapReason;
  from_ms: number;
  to_ms: number;
  count: number;
}

export interface CommandsTable {
  id: CommandId;
  unit_key: number;
  unit_id: UnitId;
  base_id: BaseId;
  site_id: SiteId;
  verb: Verb;
  operation: Operation;
  affordance: string;
  /** JSON. */
  input: string | null;
  transition_ms: number | null;
  seq: number | null;
  state: CommandState;
  code: ErrorCode | null;
  /** JSON. */
  output: string | null;
  duplicate: number | null;
  issued_by: string;
  created_at: number;
  expires_at: number | null;
  /** When the sweeper has to look at it next. */
  due_at: number | null;
  ended_at: number | null;
  /** When somebody wanted it back that its base may hold. */
  cancel_requested_at: number | null;
  /** When the hub learned that the base has it; null: nothing says so. */
  held_at: number | null;
  /** Names the request, so that a repeat is told from a conflict. */
  request_hash: string;
  /** JSON: the steps so far. */
  trace: string;
}

export interface IdempotencyKeysTable {
  /** Who used it: keys of different callers never meet. */
  caller: string;
  key_hash: string;
  command_id: CommandId;
  created_at: number;
}

/** Signed images; their files are in the data folder by their digest. */
export interface FirmwareTable {
  id: FirmwareId;
  site_id: SiteId;
  sha256: FileDigest;
  file_bytes: number;
  /** As it was signed. */
  manifest: Uint8Array;
  key_id: number;
  signature: Uint8Array;
  model: string;
  uploaded_by: string;
  uploaded_at: number;
}

/** Public keys that a site trusts firmware of, in base64. */
export interface FirmwareKeysTable {
  site_id: SiteId;
  key: string;
}

export interface RolloutsTable {
  id: RolloutId;
  site_id: SiteId;
  /** Null once the firmware was deleted. */
  firmware_id: FirmwareId | null;
  model: string;
  version: string;
  /** JSON. */
  plan: string;
  state: RolloutState;
  step: number;
  hold: RolloutHold | null;
  next_step_at: number | null;
  started_by: string;
  created_at: number;
  ended_at: number | null;
}

export interface UnitUpdatesTable {
  id: UpdateId;
  rollout_id: RolloutId;
  unit_key: number;
  unit_id: UnitId;
  /** Its place in the order of turns. */
  position: number;
  is_canary: number;
  from_version: string;
  state: UnitUpdateState;
  code: ErrorCode | null;
  /** In which its turn came. */
  step: number | null;
  /** 1: no later rollout has this unit. */
  is_newest: number;
  /** 1: the unit's assignment carries it. */
  is_ordered: number;
  changed_at: number;
  /** JSON: the states it came to, and when. */
  steps: string;
  /** Place in the base's outbox of the report in force. */
  told_epoch: Epoch | null;
  told_seq: number | null;
}

export interface SiteEventsTable {
  site_id: SiteId;
  rev: number;
  type: SiteEventType;
  /** Of the data. */
  v: number;
  at: number;
  /** JSON. */
  actor: string;
  /** The unit that it is about, where it is about one. */
  unit_id: UnitId | null;
  /** JSON. */
  data: string;
}

export interface AccountEventsTable {
  user_id: UserId;
  rev: number;
  type: AccountEventType;
  v: number;
  at: number;
  /** JSON. */
  actor: string;
  /** JSON. */
  data: string;
}

/** Up to where a consumer has handled the events of a site. */
export interface EventCursorsTable {
  consumer: string;
  site_id: SiteId;
  epoch: Epoch;
  rev: number;
}

/** Sites in which there is something to do for a consumer. */
export interface EventDirtyTable {
  consumer: string;
  site_id: SiteId;
}
