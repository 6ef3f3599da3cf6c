import type { Logger } from 'pino';
import { STAGE } from '#protocol/command/command-stage.ts';
import { AppError, ERRORS } from '#protocol/errors.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import {
  EntryAck,
  type LogEntry,
  type ResumeReply,
  type ResumeRequest,
} from '#protocol/hub-link/base-log.ts';
import type { Heartbeat } from '#protocol/hub-link/socket-events.ts';
import type { BaseId, CommandId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { StoredEntry } from '../../kernel/outcome.ts';
import type { BaseLink, BaseRequestName } from '../../domain/bases/base-links.ts';
import { type BaseLogService, isLastPage } from '../../domain/base-log/base-log-service.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { LoggedCommands } from '../../domain/base-log/logged-commands.ts';

/** What a base's session needs of its socket. */
export interface BaseSocket {
  readonly isConnected: () => boolean;
  /** Resolves with the acknowledgement, rejects after the timeout. */
  readonly sendEntry: (entry: LogEntry, timeoutMs: number) => Promise<unknown>;
  readonly sendHeartbeat: (beat: Heartbeat) => void;
  /** As {@link BaseLink.request}. */
  readonly request: BaseLink['request'];
  /** The base has another connection, maybe at another hub, or none that is on record. */
  readonly superseded: () => void;
}

export interface BaseSessionDeps {
  readonly baseId: BaseId;
  readonly socket: BaseSocket;
  readonly logs: Pick<BaseLogService, 'resume' | 'next' | 'head'>;
  readonly reports: Pick<LoggedCommands, 'received' | 'held' | 'refused'>;
  /** Names this connection of the base. */
  readonly connection: string;
  /** The connection is on record; a resume waits for that. */
  readonly recorded: Promise<void>;
  /** How long a base may take to acknowledge an entry. */
  readonly ackTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Entries in flight without an acknowledgement; the rest waits in the log. */
const MAX_UNACKED = 200;
/** Acknowledgements are shown together: most commands end sooner than this. */
const SHOWN_AFTER_MS = 100;
/** And those of commands that have not ended by then are stored, together. */
const STORED_AFTER_MS = 2_000;

/**
 * The live half of a base's log: sends entries in log order once the base has caught
 * up, and tracks acknowledgements. An unacknowledged entry is sent once more, and then
 * left to the next resume.
 */
export class BaseSession implements BaseLink {
  readonly #deps: BaseSessionDeps;
  #live = false;
  #sentSeq = 0;
  /** The highest place that was sent unasked on this connection. */
  #pushedSeq = 0;
  #unacked = 0;
  #pumping = false;
  #mustPumpOnceMore = false;
  #ackedSeq = 0;
  /** Commands that the base acknowledged: to be shown, then to be stored. */
  #toShow: CommandId[] = [];
  #toStore: CommandId[] = [];
  #cancelShowTimer: CancelTimer | undefined;
  #cancelStoreTimer: CancelTimer | undefined;
  #cancelBeatTimer: CancelTimer | undefined;
  #closed = false;
  /** Ends the requests that wait for the base. */
  readonly #requests = new Set<() => void>();

  constructor(deps: BaseSessionDeps) {
    this.#deps = deps;
  }

  get connection(): string {
    return this.#deps.connection;
  }

  start(): void {
    this.#cancelBeatTimer = this.#deps.clock.after(LIMITS.heartbeatIntervalMs, () => {
      this.#beat().catch((error: unknown) => this.#fault(error, 'heartbeat failed'));
      if (!this.#closed) this.start();
    });
  }

  close(): void {
    this.#closed = true;
    this.#live = false;
    this.#cancelBeatTimer?.();
    this.#showAcked();
    this.#storeAcked();
    for (const giveUp of this.#requests) giveUp();
  }

  readonly isLive = (): boolean => this.#live;

  readonly ackedSeq = (): number => this.#ackedSeq;

  /** @param answer acknowledges the request; live entries follow the last page. */
  async resume(request: ResumeRequest, answer: (reply: ResumeReply) => void): Promise<void> {
    this.#live = false;
    let reply: ResumeReply;
    try {
      await this.#deps.recorded;
      reply = await this.#deps.logs.resume(this.#deps.baseId, request, {
        sentSeq: this.#pushedSeq,
        ackedSeq: this.#ackedSeq,
        connection: this.#deps.connection,
      });
    } catch (error) {
      this.#fault(error, 'resume failed');
      answer(toRefusal(error instanceof AppError ? error.code : 'internal'));
      return;
    }
    if (this.#closed) return;
    const last = reply.recovered ? (reply.entries.at(-1)?.seq ?? request.lastSeq) : reply.headSeq;
    this.#sentSeq = last;
    this.#live = isLastPage(reply, request);
    answer(reply);
    // Entries may have been stored since the page was read.
    if (this.#live) this.#pump();
  }

  readonly appended = (stored: readonly StoredEntry[]): void => {
    if (!this.#live) return;
    const [first] = stored;
    const isNext = first?.entry.seq === this.#sentSeq + 1;
    // Fast path: what is next in line was stored for this connection.
    const isOurs = stored.every(({ liveOn }) => liveOn === this.#deps.connection);
    if (isNext && isOurs && !this.#pumping && this.#hasRoom()) {
      for (const { entry } of stored) this.#send(entry);
    } else {
      this.#pump();
    }
  };

  readonly grew = (headSeq: number): void => {
    if (this.#live && headSeq > this.#sentSeq) this.#pump();
  };

  readonly request = async (
    name: BaseRequestName,
    payload: object,
    timeoutMs: number,
  ): Promise<unknown> => {
    let giveUp = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      giveUp = () => reject(new AppError('base_offline'));
      this.#requests.add(giveUp);
    });
    try {
      // Socket.IO waits out the time also when the connection is gone.
      return await Promise.race([ended, this.#deps.socket.request(name, payload, timeoutMs)]);
    } finally {
      this.#requests.delete(giveUp);
    }
  };

  /** The base finds another epoch in the beat, and resumes. */
  readonly changed = (): void => {
    this.#live = false;
    this.#beat().catch((error: unknown) => this.#fault(error, 'heartbeat failed'));
  };

  readonly superseded = (connection: string): void => {
    if (connection === this.#deps.connection) this.#superseded();
  };

  /** Found in the database: nothing more is sent here. */
  #superseded(): void {
    this.#live = false;
    if (!this.#closed) this.#deps.socket.superseded();
  }

  #hasRoom(): boolean {
    return this.#unacked < MAX_UNACKED;
  }

  #pump(): void {
    this.#mustPumpOnceMore = true;
    if (this.#pumping) return;
    this.#pumping = true;
    this.#drain()
      .catch((error: unknown) => this.#fault(error, 'log entries not sent'))
      .finally(() => {
        this.#pumping = false;
        if (this.#mustPumpOnceMore && this.#live && this.#hasRoom()) this.#pump();
      });
  }

  async #drain(): Promise<void> {
    while (this.#mustPumpOnceMore && this.#live && this.#hasRoom()) {
      this.#mustPumpOnceMore = false;
      const sentBefore = this.#sentSeq;
      const { baseId, connection, logs } = this.#deps;
      const entries = await logs.next(baseId, { afterSeq: sentBefore, connection });
      if (entries === undefined) {
        this.#superseded();
        return;
      }
      // A resume may meanwhile have moved the position, or ended the live phase.
      if (sentBefore !== this.#sentSeq || !this.isLive()) continue;
      for (const entry of entries) this.#send(entry);
      if (entries.length > 0) this.#mustPumpOnceMore = true;
    }
  }

  #send(entry: LogEntry): void {
    this.#sentSeq = entry.seq;
    this.#pushedSeq = Math.max(this.#pushedSeq, entry.seq);
    this.#unacked += 1;
    this.#deliver(entry)
      .catch((error: unknown) => this.#fault(error, 'acknowledgement not handled'))
      .finally(() => {
        this.#unacked -= 1;
        if (this.#mustPumpOnceMore) this.#pump();
      });
  }

  async #deliver(entry: LogEntry): Promise<void> {
    const { socket, log, baseId } = this.#deps;
    const commandId = entry.type === 'units.assigned' ? undefined : entryCommand(entry);
    for (const attempt of [1, 2]) {
      if (this.#closed || !socket.isConnected() || this.#isOver(entry)) return;
      log.debug({ baseId, commandId, seq: entry.seq, attempt, stage: STAGE.hubSent }, 'entry sent');
      let acked: unknown;
      try {
        acked = await socket.sendEntry(entry, this.#deps.ackTimeoutMs);
      } catch {
        log.warn({ baseId, commandId, seq: entry.seq, attempt }, 'entry not acknowledged');
        continue;
      }
      await this.#acknowledged(entry, commandId, acked);
      return;
    }
  }

  /** The base's resume then finds `command.cancelled` in its place. */
  #isOver(entry: LogEntry): boolean {
    if (entry.type !== 'command.issued' || entry.data.expiresAt === null) return false;
    return fromInstant(entry.data.expiresAt) <= this.#deps.clock.nowMs();
  }

  async #acknowledged(
    entry: LogEntry,
    commandId: CommandId | undefined,
    acked: unknown,
  ): Promise<void> {
    const { baseId, reports, log } = this.#deps;
    const ack = EntryAck.safeParse(acked);
    if (ack.success && ack.data.ok) {
      this.#ackedSeq = Math.max(this.#ackedSeq, entry.seq);
      log.debug(
        { baseId, commandId, seq: entry.seq, stage: STAGE.baseJournalled },
        'entry acknowledged',
      );
      if (entry.type === 'command.issued') {
        this.#toShow.push(entry.data.id);
        const { clock } = this.#deps;
        this.#cancelShowTimer ??= clock.after(SHOWN_AFTER_MS, () => this.#showAcked());
      }
      return;
    }
    const code = ack.success && !ack.data.ok ? ack.data.code : 'bad_request';
    if (ERRORS[code].retryable) {
      // Its disk is full, for example: it does not have the entry, and resumes from there.
      log.warn({ baseId, commandId, seq: entry.seq, code }, 'entry deferred by base');
      return;
    }
    log.warn({ baseId, commandId, seq: entry.seq, code }, 'entry refused by base');
    if (entry.type === 'command.issued') await reports.refused(baseId, entry.data.id, code);
  }

  #showAcked(): void {
    this.#cancelShowTimer?.();
    this.#cancelShowTimer = undefined;
    const shown = this.#toShow;
    this.#toShow = [];
    if (shown.length === 0) return;
    const { reports, baseId, clock } = this.#deps;
    reports.received(baseId, shown);
    this.#toStore.push(...shown);
    this.#cancelStoreTimer ??= clock.after(STORED_AFTER_MS, () => this.#storeAcked());
  }

  #storeAcked(): void {
    this.#cancelStoreTimer?.();
    this.#cancelStoreTimer = undefined;
    const commandIds = this.#toStore;
    this.#toStore = [];
    const { reports, baseId } = this.#deps;
    reports
      .held(baseId, { commandIds, headSeq: this.#ackedSeq })
      .catch((error: unknown) => this.#fault(error, 'acknowledgements not stored'));
  }

  async #beat(): Promise<void> {
    const { logs, socket, baseId } = this.#deps;
    const head = await logs.head(baseId);
    if (!head || this.#closed || !socket.isConnected()) return;
    if (head.connection !== this.#deps.connection) {
      this.#superseded();
      return;
    }
    socket.sendHeartbeat({ epoch: head.epoch, headSeq: head.headSeq });
  }

  #fault(error: unknown, message: string): void {
    this.#deps.log.error({ err: error, baseId: this.#deps.baseId }, message);
  }
}

function entryCommand(entry: Exclude<LogEntry, { type: 'units.assigned' }>): CommandId {
  return entry.type === 'command.issued' ? entry.data.id : entry.data.commandId;
}
