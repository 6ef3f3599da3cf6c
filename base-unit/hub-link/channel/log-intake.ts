import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { toRefusal } from '#protocol/hub-link/refusal.ts';
import type { EntryAck } from '#protocol/hub-link/base-log.ts';
import { Heartbeat } from '#protocol/hub-link/socket-events.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { GroupCommit } from '../../store/group-commit.ts';
import type { HubSocket } from './join-channel.ts';
import { type LogFollower, type Ingested, TolerantResumeReply } from './log-follower.ts';

export interface LogIntakeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly follower: LogFollower;
  readonly group: GroupCommit;
  /** The log could not be resumed automatically; the connection is of no more use. */
  readonly failed: (code: ErrorCode) => void;
}

interface Early {
  readonly entry: unknown;
  readonly ack: (reply: EntryAck) => void;
}

/** Retry interval after a failed store. */
const RESUME_AFTER_FAULT_MS = 1_000;

/** The entries of the hub's log that come over one connection (docs/channels.md section 4). */
export class LogIntake {
  readonly #socket: HubSocket;
  readonly #deps: LogIntakeDeps;
  /** Entries that arrived early: acknowledged once a resume has filled the gap. */
  readonly #early: Early[] = [];
  #cancelResume: CancelTimer | undefined;
  #isResuming = false;
  #isClosed = false;

  constructor(socket: HubSocket, deps: LogIntakeDeps) {
    this.#socket = socket;
    this.#deps = deps;
  }

  /** Page after page, until we have all. @throws AppError with the code of a refusal. */
  async resume(): Promise<void> {
    const { follower } = this.#deps;
    this.#isResuming = true;
    follower.restart();
    try {
      for (;;) {
        const request = follower.resumeRequest();
        const reply = TolerantResumeReply.parse(
          await this.#socket.timeout(LIMITS.baseAckTimeoutMs).emitWithAck('base.resume', request),
        );
        if (!reply.ok) throw new AppError(reply.code);
        if (follower.apply(reply)) break;
        // A hub that answers the same again and again would never be done with.
        if (isDeepStrictEqual(follower.resumeRequest(), request)) throw new AppError('internal');
      }
    } finally {
      this.#isResuming = false;
    }
    for (const { entry, ack } of this.#early.splice(0)) this.ingest(entry, ack);
  }

  /** The hub's position: requests what is missing. */
  compare(beat: unknown): void {
    const parsed = Heartbeat.safeParse(beat);
    try {
      if (parsed.success && this.#deps.follower.isBehind(parsed.data)) this.#catchUp();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'log position not read');
    }
  }

  /** Acknowledged only when the journal has it. */
  ingest(entry: unknown, ack: (reply: EntryAck) => void): void {
    let ingested: Ingested | undefined;
    this.#deps.group.add(
      () => {
        ingested = this.#deps.follower.ingest(entry);
      },
      (error) => {
        if (!ingested || error !== undefined) {
          this.#deps.log.error({ err: error }, 'log entry not stored');
          ack(toRefusal('storage_full'));
          this.#catchUpSoon();
          return;
        }
        try {
          this.#acknowledge({ entry, ack, ingested });
        } catch (failure) {
          this.#deps.log.error({ err: failure }, 'log entry not applied');
        }
      },
    );
  }

  /** The connection is gone: no further requests on it. */
  close(): void {
    this.#isClosed = true;
    this.#cancelResume?.();
    this.#early.length = 0;
  }

  #acknowledge({ entry, ack, ingested }: Early & { readonly ingested: Ingested }): void {
    switch (ingested.kind) {
      case 'have':
        ingested.act();
        ack({ ok: true });
        return;
      case 'refused':
        ingested.act();
        ack(toRefusal(ingested.code));
        return;
      case 'gap':
        // What is not stored here comes again with the resume.
        if (this.#early.length < LIMITS.resumePageEntries) this.#early.push({ entry, ack });
        this.#catchUp();
        return;
      default:
        ingested satisfies never;
    }
  }

  #catchUp(): void {
    if (this.#isResuming || this.#isClosed) return;
    void this.resume().catch((error: unknown) => {
      const code = error instanceof AppError ? error.code : 'internal';
      this.#deps.log.warn({ code, err: error }, 'log resume failed');
      if (!this.#isClosed) this.#deps.failed(code);
    });
  }

  /** Rather than at the next heartbeat, which may be half a minute away. */
  #catchUpSoon(): void {
    if (this.#isClosed) return;
    this.#cancelResume?.();
    this.#cancelResume = this.#deps.clock.after(RESUME_AFTER_FAULT_MS, () => this.#catchUp());
  }
}
