import type { Logger } from 'pino';
import { IssuedCommand } from '#protocol/command/command.ts';
import { AppError } from '#protocol/errors.ts';
import type {
  LogEntry,
  ResumeAnswer,
  ResumeRequest,
  SnapshotPlace,
  UnitAssignment,
} from '#protocol/hub-link/base-log.ts';
import { type BaseId, type CommandId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { HUB_LINK_VERSION, OLDEST_HUB_LINK_VERSION } from '#protocol/version.ts';
import type { CommandReports } from '../commands/command-reports.ts';
import type { LoggedCommands } from './logged-commands.ts';
import { markLive } from '../../store/base-connections.ts';
import {
  beginEpoch,
  type LoggedEntry,
  type LogState,
  logAfter,
  logState,
} from '../../store/base-log.ts';
import { findCommands, openCommands } from '../../store/commands.ts';
import { type CommandRecord, issuedCommand } from '../../store/command-record.ts';
import type { Db } from '../../store/schema.ts';
import { beginSiteEpochOf } from '../../store/site-events.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import type { ReadableRows, Reading } from '../../store/readable-rows.ts';
import { type UnitsOfBase, assignmentsAfter, assignmentsOf } from '../../store/assignments.ts';
import { assigned } from '../units/assigned.ts';
import type { BaseShares } from '../bases/base-shares.ts';
import { type AnewReason, isBaseBehind, isHubBehind, whyNotRecovered } from '../bases/log-life.ts';

export interface BaseLogServiceDeps {
  readonly log: Logger;
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly reports: Pick<CommandReports, 'dispatched'>;
  readonly commands: LoggedCommands;
  readonly readable: ReadableRows;
  readonly shares: BaseShares;
}

/** The connection of a resume request. */
export interface ResumeOver {
  readonly connection: string;
  /**
   * Up to here the base was sent the log on it: the request and these entries
   * may have crossed.
   */
  readonly sentSeq: number;
  /** Up to here it has acknowledged on it, stored or not. */
  readonly ackedSeq: number;
}

/** Bytes of one page, unless its first entry alone is longer: none is longer than a message. */
const PAGE_BYTES = LIMITS.socketMessageBytes / 2;

const ISSUED: Reading<CommandRecord, typeof IssuedCommand> = {
  what: 'command',
  idOf: ({ id }) => id,
  schema: IssuedCommand,
  make: issuedCommand,
};

/**
 * Reads the log of a base. The log stores which command each entry is about; the bodies
 * are made when they are sent, so that a base never gets a command that has ended or
 * expired: in its place is `command.cancelled`.
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
   * With the last page the connection is live: entries stored after this transaction
   * are sent as they come.
   */
  async resume(
    baseId: BaseId,
    request: ResumeRequest,
    { sentSeq, ackedSeq, connection }: ResumeOver,
  ): Promise<ResumeAnswer> {
    if (request.version < OLDEST_HUB_LINK_VERSION || request.version > HUB_LINK_VERSION) {
      throw new AppError('bad_request', { details: { version: HUB_LINK_VERSION } });
    }
    return await this.#write(baseId, async (work) => {
      const { tx } = work;
      const log = await logState(tx, baseId);
      if (!log) throw new AppError('base_revoked');
      if (log.connection !== connection) throw new AppError('not_ready');
      const known = { ...log, ackedSeq: Math.max(log.ackedSeq, ackedSeq) };
      const reason = await this.#whyAnew(work, { baseId, log: known, request });
      if (reason !== undefined) {
        const now = (await logState(tx, baseId)) ?? log;
        // The base's position in another epoch of the log means nothing.
        const afterSeq = reason === 'log_trimmed' ? request.lastSeq : Infinity;
        const place = placeOf(now, request.next);
        const page = await this.#wholeState(work, { baseId, log: now, reason, afterSeq, place });
        if (isLastPage(page, request)) await markLive(tx, baseId, connection);
        return page;
      }
      await this.#deps.commands.heldUpTo(work, baseId, request.lastSeq);
      const entries = await this.#page(work, { log, afterSeq: request.lastSeq, sentSeq });
      const { epoch, headSeq } = log;
      const page = { ok: true, recovered: true, epoch, headSeq, entries } as const;
      if (isLastPage(page, request)) await markLive(tx, baseId, connection);
      return page;
    });
  }

  /**
   * Why the base needs the whole state. If one side was restored from a backup, this
   * epoch of the log ends; and if it was the base, the outcome of the commands that it
   * held is unknown.
   */
  async #whyAnew(
    work: Work,
    at: {
      readonly baseId: BaseId;
      readonly log: LogState;
      readonly request: ResumeRequest;
    },
  ): Promise<AnewReason | undefined> {
    const { tx } = work;
    const { baseId, log, request } = at;
    // An unfinished snapshot continues.
    if (request.next?.epoch === log.epoch) return 'epoch_changed';
    const reason = await whyNotRecovered(tx, log, request);
    if (reason === 'first_contact') return reason;
    if (await isBaseBehind(tx, log, request)) {
      this.#deps.log.warn({ baseId }, 'base restored from a backup');
      await this.#deps.commands.endHeldAsUnknown(work, baseId, log.ackedSeq);
      await beginEpoch(tx, log.key);
      return 'base_behind';
    }
    if (await isHubBehind(tx, log.key, request.outbox?.settled)) {
      this.#deps.log.warn({ baseId }, 'hub restored from a backup');
      await beginEpoch(tx, log.key);
      await beginSiteEpochOf(tx, log.key);
      return 'hub_behind';
    }
    if (reason === 'ahead_of_hub' || reason === 'log_changed') {
      this.#deps.log.warn({ baseId, reason }, 'hub restored from a backup');
      await beginEpoch(tx, log.key);
      await beginSiteEpochOf(tx, log.key);
    }
    return reason;
  }

  /**
   * The next entries for a live base.
   *
   * @returns undefined where it has another connection now, maybe at another hub: only
   * that one sends.
   */
  async next(
    baseId: BaseId,
    { afterSeq, connection }: { readonly afterSeq: number; readonly connection: string },
  ): Promise<LogEntry[] | undefined> {
    return await this.#write(baseId, async (work) => {
      const log = await logState(work.tx, baseId);
      if (log?.connection !== connection) return undefined;
      return await this.#page(work, { log, afterSeq });
    });
  }

  async #write<T>(baseId: BaseId, work: (work: Work) => Promise<T>): Promise<T> {
    const { unitOfWork, shares } = this.#deps;
    return await unitOfWork.run(
      async (held) => {
        await held.hold({ siteOf: baseId });
        return await work(held);
      },
      await shares.accountOf(baseId),
    );
  }

  async #page(
    work: Work,
    from: {
      readonly log: LogState;
      readonly afterSeq: number;
      readonly sentSeq?: number;
    },
  ): Promise<LogEntry[]> {
    const { tx } = work;
    const { log, afterSeq, sentSeq } = from;
    const limit = LIMITS.resumePageEntries;
    const logged = await logAfter(tx, log.key, { seq: afterSeq, limit });
    const ids = logged.flatMap(({ commandId }) => (commandId === null ? [] : [commandId]));
    const wanted = await this.#deps.commands.stillWanted(work, await findCommands(tx, ids), {
      afterSeq,
      sentSeq,
    });
    const commands = new Map(
      wanted.flatMap((command) => {
        const issued = this.#deps.readable.one(command, ISSUED);
        return issued ? [[command.id, { command, issued }]] : [];
      }),
    );
    const unitIds = [...new Set(logged.flatMap(({ unitIds: named }) => named))];
    const units = await assignmentsOf(tx, this.#deps.readable, {
      baseKey: log.key,
      ids: unitIds,
    });
    const entries: LogEntry[] = [];
    const sent: CommandRecord[] = [];
    let bytes = 0;
    for (const one of logged) {
      const known = one.commandId === null ? undefined : commands.get(one.commandId);
      const entry = entryOf(one, { epoch: log.epoch, command: known?.issued, units });
      bytes += bytesOf(entry);
      if (entries.length > 0 && bytes > PAGE_BYTES) break;
      entries.push(entry);
      if (known) sent.push(known.command);
    }
    const unreadable = wanted.filter(({ id }) => !commands.has(id));
    await this.#deps.commands.unreadable(work, unreadable, { afterSeq, sentSeq });
    await this.#deps.reports.dispatched(work, sent);
    return entries;
  }

  async #wholeState(
    work: Work,
    at: {
      readonly baseId: BaseId;
      readonly log: LogState;
      readonly reason: AnewReason;
      readonly afterSeq: number;
      readonly place: SnapshotPlace;
    },
  ): Promise<ResumeAnswer> {
    const { tx } = work;
    const { reports, commands: loggedCommands } = this.#deps;
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
      const from = { baseKey: log.key, afterId, limit };
      const found = await assignmentsAfter(tx, this.#deps.readable, from);
      units.push(...found.units);
      const { goesOnAfter: afterUnitId } = found;
      if (afterUnitId !== null) {
        return { ...page, units, commands: [], next: { ...place, afterUnitId } };
      }
    }
    const limit = LIMITS.resumePageEntries;
    const from = { afterSeq: place.afterSeq ?? 0, toSeq: headSeq, limit };
    const found = await openCommands(tx, at.baseId, from);
    const some = fitting(found, PAGE_BYTES - bytesOf(units));
    // After a restore the base may know how they ended, even those that have expired.
    const mayHaveEnded = at.reason !== 'log_trimmed' && at.reason !== 'first_contact';
    const held = mayHaveEnded ? some.filter(isHeld) : [];
    const rest = some.filter((command) => !held.includes(command));
    const wanted = await loggedCommands.stillWanted(work, rest, at);
    const open = some.filter((command) => held.includes(command) || wanted.includes(command));
    const commands = this.#deps.readable.each(open, ISSUED);
    const readable = new Set(commands.map(({ id }) => id));
    const unreadable = wanted.filter(({ id }) => !readable.has(id));
    await loggedCommands.unreadable(work, unreadable, at);
    const sent = open.filter(({ id }) => readable.has(id));
    await reports.dispatched(work, sent);
    const isLast = some.length === found.length && found.length < limit;
    const next = isLast ? null : { ...place, afterSeq: some.at(-1)?.seq ?? headSeq };
    return { ...page, units, commands, next };
  }
}

/** Whether a base that has this page has caught up. */
export function isLastPage(page: ResumeAnswer, request: Pick<ResumeRequest, 'lastSeq'>): boolean {
  if (!page.recovered) return page.next === null;
  return (page.entries.at(-1)?.seq ?? request.lastSeq) >= page.headSeq;
}

/** Where the next page of a snapshot begins; of another life of the log no page is worth anything. */
function placeOf(log: LogState, next: SnapshotPlace | undefined): SnapshotPlace {
  if (next?.epoch === log.epoch && next.headSeq <= log.headSeq) return next;
  return { epoch: log.epoch, headSeq: log.headSeq, afterUnitId: null, afterSeq: null };
}

/** As many of the first as have room, and always one. */
function fitting(commands: readonly CommandRecord[], maxBytes: number): CommandRecord[] {
  let bytes = 0;
  const end = commands.findIndex((command, index) => {
    bytes += bytesOfCommand(command);
    return index > 0 && bytes > maxBytes;
  });
  return end === -1 ? [...commands] : commands.slice(0, end);
}

/** Without building it: an unreadable one needs no room. */
function bytesOfCommand(command: CommandRecord): number {
  const ENVELOPE_BYTES = 400;
  return ENVELOPE_BYTES + (command.input?.bytes ?? 0);
}

function bytesOf(message: object): number {
  return Buffer.byteLength(JSON.stringify(message));
}

/** The base acknowledged it. */
function isHeld({ state }: CommandRecord): boolean {
  return state === 'received' || state === 'running' || state === 'timed_out';
}

function entryOf(
  logged: LoggedEntry,
  content: {
    readonly epoch: LogState['epoch'];
    readonly command: IssuedCommand | undefined;
    readonly units: UnitsOfBase;
  },
): LogEntry {
  const mark = logged.mark === null ? {} : { mark: logged.mark };
  const position = { seq: logged.seq, epoch: content.epoch, ...mark };
  switch (logged.type) {
    case 'units.assigned':
      return {
        ...position,
        type: 'units.assigned',
        data: assigned(logged.unitIds, content.units),
      };
    case 'command.issued':
      if (content.command) {
        return { ...position, type: 'command.issued', data: content.command };
      }
      return { ...position, ...cancelled(logged.commandId) };
    case 'command.cancelled':
      return { ...position, ...cancelled(logged.commandId) };
    default:
      return logged.type satisfies never;
  }
}

function cancelled(commandId: CommandId | null): {
  type: 'command.cancelled';
  data: { commandId: CommandId };
} {
  if (commandId === null) throw new AppError('internal');
  return { type: 'command.cancelled', data: { commandId } };
}
