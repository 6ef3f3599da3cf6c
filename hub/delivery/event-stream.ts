import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Epoch } from '#protocol/ids.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import type { StreamPlace, StreamSource } from './stream-page.ts';

/** Of what a reader has not fetched yet: nothing more is read for it before it has. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Keeps proxies and the hub's own bound on silence from ending a stream without events. */
const HEARTBEAT_MS = 15_000;
/**
 * A reader that reads nothing for so many heartbeats is told that it is too slow; after
 * one more it is disconnected. It can resume with its cursor.
 */
const MAX_IDLE_BEATS = 2;
/** An EventSource keeps the wait for all its further tries. */
const MIN_RETRY_MS = 500;

export interface EventStreamDeps {
  readonly source: StreamSource;
  readonly clock: Clock;
}

interface Cursor {
  readonly epoch: Epoch;
  readonly rev: number;
}

/** What happens at one site as server-sent events, for one reader. */
export class EventStream {
  readonly output = new PassThrough({
    writableHighWaterMark: MAX_WAITING_BYTES,
    readableHighWaterMark: 16 * 1024,
  });
  readonly #deps: EventStreamDeps;
  readonly #begin: StreamPlace;
  #cursor: Cursor | undefined;
  #isReading = false;
  #isWoken = false;
  /** Stopped for want of room, before all was written. */
  #isHeldBack = false;
  #cancelHeartbeat: CancelTimer | undefined;
  /** What of it had left the process at the last heartbeat, and for how many it has been as much. */
  #fetched = 0;
  #idleBeats = 0;
  #written = 0;

  constructor(deps: EventStreamDeps, begin: StreamPlace) {
    this.#deps = deps;
    this.#begin = begin;
    this.output.once('close', () => this.#cancelHeartbeat?.());
    this.output.on('drain', () => this.#goOn());
  }

  get isOver(): boolean {
    return this.output.destroyed || this.output.writableEnded;
  }

  /** The first answer is written when this resolves. @throws AppError `site_unknown`. */
  async open(): Promise<void> {
    const { after } = this.#begin;
    const page = await this.#deps.source({ ...this.#begin, limit: 1 });
    const { epoch, rev, readings, recovered, reason, head } = page;
    const from = after === undefined ? head : recovered ? after : (page.next ?? head);
    this.#cursor = { epoch, rev: from };
    if (recovered) this.#write('opened', { epoch, rev, readings });
    else this.#write('not-recovered', { reason, epoch, rev, readings, next: from });
    this.#armHeartbeat();
    this.#goOn();
  }

  wake(): void {
    this.#isWoken = true;
    this.#goOn();
  }

  /** After what is waiting; an EventSource comes back by itself, after this time. */
  endForNow(code: ErrorCode, retryAfterMs: number): void {
    if (this.isOver) return;
    this.#cancelHeartbeat?.();
    this.#put(`retry: ${Math.max(MIN_RETRY_MS, retryAfterMs)}\n\n`);
    this.#write('closed', { code });
    this.output.end();
    // A reader that does not read is cut when the hub closes.
  }

  /** At once, whatever is waiting. */
  cut(): void {
    this.#cancelHeartbeat?.();
    this.output.destroy();
  }

  #goOn(): void {
    if (this.#isReading || this.#cursor === undefined || this.isOver) return;
    this.#isReading = true;
    this.#read().then(
      () => {
        this.#isReading = false;
        // The reader has read what was waiting since the last check.
        const hasMore = this.#isWoken || this.#isHeldBack;
        if (hasMore && !this.output.writableNeedDrain) this.#goOn();
      },
      // The reader resumes with its cursor, and is told what is wrong.
      () => this.cut(),
    );
  }

  /** Continues until everything is written, or enough is waiting. */
  async #read(): Promise<void> {
    // Others have their turn, however fast this reader fetches what there is.
    if (this.#isHeldBack) await nextTurn();
    this.#isHeldBack = false;
    let isBehind = true;
    while (isBehind || this.#isWoken) {
      if (this.isOver || !this.#cursor) return;
      if (this.output.writableNeedDrain) {
        this.#isHeldBack = true;
        return;
      }
      this.#isWoken = false;
      const { epoch, rev: after } = this.#cursor;
      const page = await this.#deps.source({ epoch, after });
      const { reason, recovered, readings, rev } = page;
      const next = page.next ?? page.head;
      if (!recovered) {
        this.#cursor = { epoch: page.epoch, rev: next };
        this.#write('not-recovered', { reason, epoch: page.epoch, rev, readings, next });
        continue;
      }
      for (const { position, type, data } of page.messages) {
        this.#cursor = { epoch, rev: position };
        // The rest is read again when there is room.
        if (this.#write(type, data)) continue;
        this.#isHeldBack = true;
        return;
      }
      this.#cursor = { epoch, rev: next };
      isBehind = page.next !== null;
      if (isBehind) await nextTurn();
    }
  }

  /** @returns false when enough waits. */
  #write(type: string, data: unknown): boolean {
    return this.#put(`id: ${this.#id()}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #put(text: string): boolean {
    if (this.isOver) return false;
    this.#written += Buffer.byteLength(text);
    return this.output.write(text);
  }

  #id(): string {
    return this.#cursor ? `${this.#cursor.epoch}/${this.#cursor.rev}` : '';
  }

  #armHeartbeat(): void {
    this.#cancelHeartbeat = this.#deps.clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  #beat(): void {
    const waiting = this.output.writableLength + this.output.readableLength;
    const fetched = this.#written - waiting;
    const isIdle = waiting > 0 && fetched === this.#fetched;
    this.#idleBeats = isIdle ? this.#idleBeats + 1 : 0;
    this.#fetched = fetched;
    if (this.#idleBeats > MAX_IDLE_BEATS) {
      this.cut();
      return;
    }
    if (this.#idleBeats === MAX_IDLE_BEATS) {
      this.#write('closed', { code: 'slow_consumer' satisfies ErrorCode });
      this.output.end();
      this.#armHeartbeat();
      return;
    }
    // A bare id moves the reader past events that its filter excludes.
    if (waiting === 0) this.#put(`: heartbeat\nid: ${this.#id()}\n\n`);
    this.#armHeartbeat();
  }
}
