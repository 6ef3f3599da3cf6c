import type { Generated } from 'kysely';
import type { LogEntryType, LogMark } from '#protocol/hub-link/base-log.ts';
import type { BasePresence } from '#protocol/presence.ts';
import type { BaseId, ClaimId, CommandId, Epoch, HubId, SiteId, UserId } from '#protocol/ids.ts';

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
  /** The row of a removed base stays, so that it gets `base_removed`. */
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
  /** Its connection, which no other ever had the name of; null: there is none. */
  connection: string | null;
  /** The hub that has it, or had the last one. */
  hub_id: HubId | null;
  /** 1: it has caught up on this connection, and is sent what comes as it comes. */
  is_live: number;
  /** When its last connection ended; null: never, or not known. */
  left_at: number | null;
  presence: BasePresence['state'];
  presence_since: number;
}

export interface BaseLogTable {
  base_key: number;
  seq: number;
  type: LogEntryType;
  /** The command it speaks of; its body is made from the command when it is sent. */
  command_id: CommandId | null;
  /** JSON: the ids of the units it speaks of. */
  unit_ids: string | null;
  /** Null in entries that are older than marks. */
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

/** Assertions of bases that were accepted, until they are too old to be. */
export interface UsedAssertionsTable {
  base_key: number;
  purpose: 'socket' | 'http';
  id: string;
  expires_at: number;
}
