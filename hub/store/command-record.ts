import type { CommandState } from '#protocol/command/command-state.ts';
import {
  Command,
  type IssuedCommand,
  type Operation,
  type TraceStep,
  type Verb,
} from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { Reading } from './readable-rows.ts';
import type { CommandsTable } from './schema/commands.ts';
import { StoredJson } from './stored-json.ts';
import { traceFromColumn, traceToColumn } from './trace-column.ts';

export interface CommandRecord {
  readonly id: CommandId;
  readonly unitKey: number;
  readonly unitId: UnitId;
  /** The base that carries it; null: none does. */
  readonly baseId: BaseId | null;
  readonly siteId: SiteId;
  readonly verb: Verb;
  readonly operation: Operation;
  readonly affordance: string;
  readonly input: StoredJson | null;
  readonly transitionMs: number | null;
  /** Its place in the log of its base. */
  readonly seq: number | null;
  readonly state: CommandState;
  readonly code: ErrorCode | null;
  readonly output: StoredJson | null;
  readonly duplicate: boolean | null;
  readonly issuedBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  /** When the sweeper has to check it next. */
  readonly dueAtMs: number | null;
  readonly endedAtMs: number | null;
  /** When its cancellation was requested while its base may have had it. */
  readonly cancelRequestedAtMs: number | null;
  /** When the hub learned that the base has it, or that it was sent to a device; null: not known. */
  readonly heldAtMs: number | null;
  /** Identifies the request, to distinguish a retry from a conflict. */
  readonly requestHash: string;
  /** The steps so far; none where they cannot be read, so that the command goes on all the same. */
  readonly trace: readonly TraceStep[];
}

export function commandOf(row: CommandsTable): CommandRecord {
  let trace: readonly TraceStep[] | undefined;
  return {
    id: row.id,
    unitKey: row.unit_key,
    unitId: row.unit_id,
    baseId: row.base_id,
    siteId: row.site_id,
    verb: row.verb,
    operation: row.operation,
    affordance: row.affordance,
    input: StoredJson.fromColumn(row.input),
    transitionMs: row.transition_ms,
    seq: row.seq,
    state: row.state,
    code: row.code,
    output: StoredJson.fromColumn(row.output),
    duplicate: row.duplicate === null ? null : row.duplicate === 1,
    issuedBy: row.issued_by,
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    dueAtMs: row.due_at,
    endedAtMs: row.ended_at,
    cancelRequestedAtMs: row.cancel_requested_at,
    heldAtMs: row.held_at,
    requestHash: row.request_hash,
    // Parsed when they are wanted, and once: a page of commands shows none.
    get trace() {
      trace ??= traceFromColumn(row.trace);
      return trace;
    },
  };
}

/** What a transition changes. */
export function changingColumns(command: CommandRecord) {
  return {
    id: command.id,
    seq: command.seq,
    state: command.state,
    code: command.code,
    output: command.output === null ? null : command.output.toColumn(),
    duplicate: command.duplicate === null ? null : Number(command.duplicate),
    due_at: command.dueAtMs,
    ended_at: command.endedAtMs,
    cancel_requested_at: command.cancelRequestedAtMs,
    held_at: command.heldAtMs,
    trace: traceToColumn(command.trace),
  };
}

export function rowOf(command: CommandRecord): CommandsTable {
  return {
    ...changingColumns(command),
    unit_key: command.unitKey,
    unit_id: command.unitId,
    base_id: command.baseId,
    site_id: command.siteId,
    verb: command.verb,
    operation: command.operation,
    affordance: command.affordance,
    input: command.input === null ? null : command.input.toColumn(),
    transition_ms: command.transitionMs,
    issued_by: command.issuedBy,
    created_at: command.createdAtMs,
    expires_at: command.expiresAtMs,
    request_hash: command.requestHash,
  };
}

export function commandView(command: CommandRecord): Command {
  return {
    ...issuedCommand(command),
    siteId: command.siteId,
    baseId: command.baseId,
    seq: command.seq,
    state: command.state,
    ...(command.code === null ? {} : { code: command.code }),
    ...(command.output === null ? {} : { output: command.output.value }),
    ...(command.duplicate === null ? {} : { duplicate: command.duplicate }),
    issuedBy: command.issuedBy,
    endedAt: command.endedAtMs === null ? null : toInstant(command.endedAtMs),
  };
}

export const COMMAND_VIEW: Reading<CommandRecord, typeof Command> = {
  what: 'command',
  idOf: ({ id }) => id,
  schema: Command,
  make: commandView,
};

export function issuedCommand(command: CommandRecord): IssuedCommand {
  return {
    id: command.id,
    unitId: command.unitId,
    verb: command.verb,
    operation: command.operation,
    affordance: command.affordance,
    ...(command.input === null ? {} : { input: command.input.value }),
    ...(command.transitionMs === null ? {} : { transitionMs: command.transitionMs }),
    createdAt: toInstant(command.createdAtMs),
    expiresAt: command.expiresAtMs === null ? null : toInstant(command.expiresAtMs),
  };
}
