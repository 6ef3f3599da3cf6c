import { AppError } from '#protocol/errors.ts';
import type {
  LogEntry,
  ResumeAnswer,
  ResumeRequest,
  UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import type { BaseId, CommandId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { HUB_LINK_VERSION } from '#protocol/version.ts';
import type { CommandReports } from '../commands/command-reports.ts';
import { AfterCommit } from '../store/after-commit.ts';
import { type LogState, logAfter, logState } from '../store/base-log.ts';
import { type CommandRow, findCommands, issuedCommand, openCommands } from '../store/commands.ts';
import type { GroupCommit } from '../store/group-commit.ts';
import type { BaseLogTable, Db, Tx } from '../store/schema.ts';
import { assignmentsOf } from '../store/units.ts';
import type { UnitChanges } from '../units/unit-changes.ts';

export interface BaseLogServiceDeps {
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly reports: CommandReports;
  readonly unitChanges: UnitChanges;
}

/** Bytes of one page, roughly; a page has at least one entry. */
const PAGE_BYTES = LIMITS.socketMessageBytes / 2;

/**
 * Reads the log of a base. The log keeps what happened to which command; the
 * bodies are made when they are sent, so that a base never gets a command
 * that has ended, or whose time is over: in its place stands
 * `command.cancelled`.
 */
export class BaseLogService {
  readonly #deps: BaseLogServiceDeps;

  constructor(deps: BaseLogServiceDeps) {
    this.#deps = deps;
  }

  async head(baseId: BaseId): Promise<LogState | undefined> {
    return await logState(this.#deps.db, baseId);
  }

  /** The answer to `base.resume`: the next page, or the whole state. */
  async resume(baseId: BaseId, request: ResumeRequest): Promise<ResumeAnswer> {
    if (request.version !== HUB_LINK_VERSION) {
      throw new AppError('bad_request', { details: { version: HUB_LINK_VERSION } });
    }
    return await this.#write(async (tx, after) => {
      const log = await logState(tx, baseId);
      if (!log) throw new AppError('base_revoked');
      const reason = whyNotRecovered(log, request);
      if (reason !== undefined) {
        // Of another life of the log, the base's place says nothing.
        const afterSeq = reason === 'log_trimmed' ? request.lastSeq : Infinity;
        return await this.#wholeState(tx, { baseId, log, reason, afterSeq, after });
      }
      await this.#deps.reports.heldUpTo(tx, baseId, { seq: request.lastSeq, after });
      const entries = await this.#page(tx, { log, afterSeq: request.lastSeq, after });
      return { ok: true, recovered: true, epoch: log.epoch, headSeq: log.headSeq, entries };
    });
  }

  /** The next entries for a live base. */
  async next(baseId: BaseId, afterSeq: number): Promise<LogEntry[]> {
    return await this.#write(async (tx, after) => {
      const log = await logState(tx, baseId);
      return log ? await this.#page(tx, { log, afterSeq, after }) : [];
    });
  }

  async #write<T>(work: (tx: Tx, after: AfterCommit) => Promise<T>): Promise<T> {
    const after = new AfterCommit();
    const result = await this.#deps.writer.run((tx) => work(tx, after));
    after.run();
    this.#deps.unitChanges.tell(after.changedUnits);
    return result;
  }

  async #page(
    tx: Tx,
    from: { readonly log: LogState; readonly afterSeq: number; readonly after: AfterCommit },
  ): Promise<LogEntry[]> {
    const { log, afterSeq, after } = from;
    const limit = LIMITS.resumePageEntries;
    const rows = await logAfter(tx, log.key, { seq: afterSeq, limit });
    const ids = rows.flatMap((row) => (row.command_id === null ? [] : [row.command_id]));
    const wanted = await this.#deps.reports.stillWanted(tx, await findCommands(tx, ids), {
      afterSeq,
      after,
    });
    const commands = new Map(wanted.map((row) => [row.id, row]));
    const units = rows.some((row) => row.type === 'units.assigned')
      ? await assignmentsOf(tx, log.key)
      : [];
    const entries: LogEntry[] = [];
    const sent: CommandRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      const command = row.command_id === null ? undefined : commands.get(row.command_id);
      const entry = entryOf(row, { epoch: log.epoch, command, units });
      bytes += JSON.stringify(entry).length;
      if (entries.length > 0 && bytes > PAGE_BYTES) break;
      entries.push(entry);
      if (command) sent.push(command);
    }
    await this.#deps.reports.dispatched(tx, sent, after);
    return entries;
  }

  async #wholeState(
    tx: Tx,
    at: {
      readonly baseId: BaseId;
      readonly log: LogState;
      readonly reason: Extract<ResumeAnswer, { recovered: false }>['reason'];
      readonly afterSeq: number;
      readonly after: AfterCommit;
    },
  ): Promise<ResumeAnswer> {
    const { reports } = this.#deps;
    const open = await reports.stillWanted(tx, await openCommands(tx, at.baseId), at);
    await reports.dispatched(tx, open, at.after);
    return {
      ok: true,
      recovered: false,
      reason: at.reason,
      epoch: at.log.epoch,
      headSeq: at.log.headSeq,
      units: await assignmentsOf(tx, at.log.key),
      commands: open.map(issuedCommand),
    };
  }
}

function whyNotRecovered(
  log: LogState,
  request: ResumeRequest,
): Extract<ResumeAnswer, { recovered: false }>['reason'] | undefined {
  if (request.epoch === null) return 'first_contact';
  if (request.epoch !== log.epoch) return 'epoch_changed';
  if (request.lastSeq > log.headSeq) return 'ahead_of_hub';
  return request.lastSeq < log.floorSeq ? 'log_trimmed' : undefined;
}

function entryOf(
  row: BaseLogTable,
  content: {
    readonly epoch: LogState['epoch'];
    readonly command: CommandRow | undefined;
    readonly units: UnitAssignment[];
  },
): LogEntry {
  const position = { seq: row.seq, epoch: content.epoch };
  switch (row.type) {
    case 'units.assigned':
      return { ...position, type: 'units.assigned', data: { units: content.units } };
    case 'command.issued':
      if (content.command) {
        return { ...position, type: 'command.issued', data: issuedCommand(content.command) };
      }
      return { ...position, ...cancelled(row.command_id) };
    case 'command.cancelled':
      return { ...position, ...cancelled(row.command_id) };
    default:
      return row.type satisfies never;
  }
}

function cancelled(commandId: CommandId | null): {
  type: 'command.cancelled';
  data: { commandId: CommandId };
} {
  if (commandId === null) throw new AppError('internal');
  return { type: 'command.cancelled', data: { commandId } };
}
