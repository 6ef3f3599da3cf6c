import type { CommandState } from '#protocol/command/command-state.ts';
import type { Operation, Verb } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';

export interface CommandsTable {
  id: CommandId;
  unit_key: number;
  unit_id: UnitId;
  /** The base that carries it; null: none does. */
  base_id: BaseId | null;
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
  /** When the sweeper has to check it next. */
  due_at: number | null;
  ended_at: number | null;
  /** When its cancellation was requested while its base may have had it. */
  cancel_requested_at: number | null;
  /** When the hub learned that the base has it; null: not known. */
  held_at: number | null;
  /** Identifies the request, to distinguish a retry from a conflict. */
  request_hash: string;
  /** JSON: the steps so far. */
  trace: string;
}

export interface IdempotencyKeysTable {
  /** The caller: the keys of different callers are independent. */
  caller: string;
  key_hash: string;
  command_id: CommandId;
  created_at: number;
}
