import type { Logger } from 'pino';
import { z } from 'zod';
import { IssuedCommand } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import type {
  LogEntry,
  ResumeAnswer,
  ResumeRequest,
  SnapshotPlace,
  UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import { type BaseId, type CommandId, UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { HUB_LINK_VERSION, OLDEST_HUB_LINK_VERSION } from '#protocol/version.ts';
import type { CommandReports } from '../commands/command-reports.ts';
import { AfterCommit } from '../../store/after-commit.ts';
import { beginEpoch, type LogState, logAfter, logState } from '../../store/base-log.ts';
import {
  type CommandRow,
  findCommands,
  issuedCommand,
  openCommands,
} from '../../store/commands.ts';
import type { GroupCommit } from '../../store/engine/sqlite/group-commit.ts';
import type { BaseLogTable, Db, Tx } from '../../store/schema.ts';
import { jsonColumnOr } from '../../store/json-column.ts';
import type { ReadableRows, Reading } from '../../store/readable-rows.ts';
import { type UnitsOfBase, assignmentsAfter, assignmentsOf } from '../../store/units.ts';
import { assigned } from '../units/assigned.ts';
import type { UnitChanges } from '../units/unit-changes.ts';
import type { BaseShares } from '../bases/base-shares.ts';
import { type AnewReason, isBaseBehind, isHubBehind, whyNotRecovered } from '../bases/log-life.ts';

export interface BaseLogServiceDeps {
  readonly log: Logger;
  readonly db: Db;
  readonly writer: GroupCommit;
  readonly reports: CommandReports;
  readonly readable: ReadableRows;
  readonly shares: BaseShares;
  readonly unitChanges: UnitChanges;
}

/** Bytes of one page, unless its first entry alone is longer: none is longer than a message. */
const PAGE_BYTES = LIMITS.socketMessageBytes / 2;
const UnitIds = z.array(UnitId);

const ISSUED: Reading<CommandRow, typeof IssuedCommand> = {
  what: 'command',
  idOf: ({ id }) => id,
  schema: IssuedCommand,
  make: issuedCommand,
};

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

  /**
   * The answer to `base.resume`: the next page, of the log or of the whole state.
   *
   * @param sentSeq up to here the base was sent the log on the same connection:
   * the request and these entries may have crossed.
   */
  async resume(baseId: BaseId, request: ResumeRequest, sentSeq = 0): Promise<ResumeAnswer> {
    if (request.version < OLDEST_HUB_LINK_VERSION || request.version > HUB_LINK_VERSION) {
      throw new AppError('bad_request', { details: { version: HUB_LINK_VERSION } });
    }
    return await this.#write(baseId, async (tx, after) => {
      const log = await logState(tx, baseId);
      if (!log) throw new AppError('base_revoked');
      const reason = await this.#whyAnew(tx, { baseId, log, request, after });
      if (reason !== undefined) {
        const now = (await logState(tx, baseId)) ?? log;
        // Of another life of the log, the base's place says nothing.
        const afterSeq = reason === 'log_trimmed' ? request.lastSeq : Infinity;
        const place = placeOf(now, request.next);
        return await this.#wholeState(tx, { baseId, log: now, reason, afterSeq, after, place });
      }
      await this.#deps.reports.heldUpTo(tx, baseId, { seq: request.lastSeq, after });
      const entries = await this.#page(tx, { log, afterSeq: request.lastSeq, sentSeq, after });
      return { ok: true, recovered: true, epoch: log.epoch, headSeq: log.headSeq, entries };
    });
  }

  /**
   * Why the base needs the whole state. Where one of the two was put back from
   * a copy, this life of the log ends; and where that was the base, nobody
   * knows what became of the commands that it held.
   */
  async #whyAnew(
    tx: Tx,
    at: {
      readonly baseId: BaseId;
      readonly log: LogState;
      readonly request: ResumeRequest;
      readonly after: AfterCommit;
    },
  ): Promise<AnewReason | undefined> {
    const { baseId, log, request, after } = at;
    // A snapshot that was begun goes on.
    if (request.next?.epoch === log.epoch) return 'epoch_changed';
    const reason = await whyNotRecovered(tx, log, request);
    if (reason === 'first_contact') return reason;
    if (await isBaseBehind(tx, log, request)) {
      this.#deps.log.warn({ baseId }, 'base was put back from a copy');
      await this.#deps.reports.doubtHeld(tx, baseId, after);
      await beginEpoch(tx, log.key);
      return 'base_behind';
    }
    if (await isHubBehind(tx, log.key, request.outbox?.settled)) {
      this.#deps.log.warn({ baseId }, 'hub was put back from a copy');
      await beginEpoch(tx, log.key);
      return 'hub_behind';
    }
    if (reason === 'ahead_of_hub' || reason === 'log_changed') {
      this.#deps.log.warn({ baseId, reason }, 'hub was put back from a copy');
      await beginEpoch(tx, log.key);
    }
    return reason;
  }

  /** The next entries for a live base. */
  async next(baseId: BaseId, afterSeq: number): Promise<LogEntry[]> {
    return await this.#write(baseId, async (tx, after) => {
      const log = await logState(tx, baseId);
      return log ? await this.#page(tx, { log, afterSeq, after }) : [];
    });
  }

  async #write<T>(baseId: BaseId, work: (tx: Tx, after: AfterCommit) => Promise<T>): Promise<T> {
    const { writer, shares } = this.#deps;
    const after = new AfterCommit();
    const account = await shares.accountOf(baseId);
    const result = await writer.run((tx) => work(tx, after), account);
    after.run();
    this.#deps.unitChanges.tellAfter(after);
    return result;
  }

  async #page(
    tx: Tx,
    from: {
      readonly log: LogState;
      readonly afterSeq: number;
      readonly sentSeq?: number;
      readonly after: AfterCommit;
    },
  ): Promise<LogEntry[]> {
    const { log, afterSeq, sentSeq, after } = from;
    const limit = LIMITS.resumePageEntries;
    const rows = await logAfter(tx, log.key, { seq: afterSeq, limit });
    const ids = rows.flatMap((row) => (row.command_id === null ? [] : [row.command_id]));
    const wanted = await this.#deps.reports.stillWanted(tx, await findCommands(tx, ids), {
      afterSeq,
      sentSeq,
      after,
    });
    const commands = new Map(
      wanted.flatMap((row) => {
        const issued = this.#deps.readable.one(row, ISSUED);
        return issued ? [[row.id, { row, issued }]] : [];
      }),
    );
    const unitIds = [...new Set(rows.flatMap(unitIdsOf))];
    const units = await assignmentsOf(tx, this.#deps.readable, log.key, unitIds);
    const entries: LogEntry[] = [];
    const sent: CommandRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      const command = row.command_id === null ? undefined : commands.get(row.command_id);
      const entry = entryOf(row, { epoch: log.epoch, command: command?.issued, units });
      bytes += bytesOf(entry);
      if (entries.length > 0 && bytes > PAGE_BYTES) break;
      entries.push(entry);
      if (command) sent.push(command.row);
    }
    await this.#deps.reports.dispatched(tx, sent, after);
    return entries;
  }

  async #wholeState(
    tx: Tx,
    at: {
      readonly baseId: BaseId;
      readonly log: LogState;
      readonly reason: AnewReason;
      readonly afterSeq: number;
      readonly after: AfterCommit;
      readonly place: SnapshotPlace;
    },
  ): Promise<ResumeAnswer> {
    const { reports } = this.#deps;
    const { place, log } = at;
    const { epoch, headSeq } = place;
    const mark = headSeq === log.headSeq && log.mark !== null ? { mark: log.mark } : {};
    const page = {
      ok: true,
      recovered: false,
      reason: at.reason,
      epoch,
      headSeq,
      ...mark,
    } as const;
    const units: UnitAssignment[] = [];
    if (place.afterSeq === null) {
      const limit = LIMITS.unitsPerEntry;
      const afterId = place.afterUnitId;
      const from = { afterId, limit };
      const found = await assignmentsAfter(tx, this.#deps.readable, log.key, from);
      units.push(...found.units);
      const { goesOnAfter: afterUnitId } = found;
      if (afterUnitId !== null) {
        return { ...page, units, commands: [], next: { ...place, afterUnitId } };
      }
    }
    const limit = LIMITS.resumePageEntries;
    const from = { afterSeq: place.afterSeq ?? 0, toSeq: headSeq, limit };
    const found = await openCommands(tx, at.baseId, from);
    const rows = fitting(found, PAGE_BYTES - bytesOf(units));
    // After a copy was put back the base may know how they ended: also of those whose time is over.
    const mayHaveEnded = at.reason !== 'log_trimmed' && at.reason !== 'first_contact';
    const held = mayHaveEnded ? rows.filter(isHeld) : [];
    const rest = rows.filter((row) => !held.includes(row));
    const wanted = await reports.stillWanted(tx, rest, at);
    const open = rows.filter((row) => held.includes(row) || wanted.includes(row));
    await reports.dispatched(tx, open, at.after);
    const isLast = rows.length === found.length && found.length < limit;
    const next = isLast ? null : { ...place, afterSeq: rows.at(-1)?.seq ?? headSeq };
    return { ...page, units, commands: this.#deps.readable.each(open, ISSUED), next };
  }
}

/** Where the next page of a snapshot begins; of another life of the log no page is worth anything. */
function placeOf(log: LogState, next: SnapshotPlace | undefined): SnapshotPlace {
  if (next?.epoch === log.epoch && next.headSeq <= log.headSeq) return next;
  return { epoch: log.epoch, headSeq: log.headSeq, afterUnitId: null, afterSeq: null };
}

/** As many of the first as have room, and always one. */
function fitting(rows: readonly CommandRow[], maxBytes: number): CommandRow[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += bytesOfCommand(row);
    return index > 0 && bytes > maxBytes;
  });
  return end === -1 ? [...rows] : rows.slice(0, end);
}

/** Without making it: what cannot be read takes no room. */
function bytesOfCommand(row: CommandRow): number {
  const ENVELOPE_BYTES = 400;
  return ENVELOPE_BYTES + Buffer.byteLength(row.input ?? '');
}

function bytesOf(message: object): number {
  return Buffer.byteLength(JSON.stringify(message));
}

function unitIdsOf(row: BaseLogTable): UnitId[] {
  return row.unit_ids === null ? [] : jsonColumnOr(UnitIds, row.unit_ids, []);
}

/** The base said that it has it. */
function isHeld(row: CommandRow): boolean {
  return row.state === 'received' || row.state === 'running' || row.state === 'timed_out';
}

function entryOf(
  row: BaseLogTable,
  content: {
    readonly epoch: LogState['epoch'];
    readonly command: IssuedCommand | undefined;
    readonly units: UnitsOfBase;
  },
): LogEntry {
  const mark = row.mark === null ? {} : { mark: row.mark };
  const position = { seq: row.seq, epoch: content.epoch, ...mark };
  switch (row.type) {
    case 'units.assigned':
      return {
        ...position,
        type: 'units.assigned',
        data: assigned(unitIdsOf(row), content.units),
      };
    case 'command.issued':
      if (content.command) {
        return { ...position, type: 'command.issued', data: content.command };
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
