import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#protocol/errors.ts';
import { EVENT_STREAM } from '#protocol/http/event-stream.ts';
import type { Clock } from '#platform/clock.ts';
import { addressKey } from '../admission/address-key.ts';
import { BodyIntake } from './body-intake.ts';
import type { HttpApp } from './http-app.ts';
import { LoadLedger, type RequestLoad } from './load-ledger.ts';
import { UnreadAnswers } from './unread-answers.ts';

/** Concurrent requests; further ones get 503 and when to retry. */
export interface LoadBounds {
  readonly requests: number;
  /** Of their bodies, as far as they were received, which are all in memory. */
  readonly bytes: number;
  /** Bytes of answers that are ready and not read yet (unread-answers.ts). */
  readonly answerBytes: number;
}

/** Twice what may hang on for the end of a command, and some hundred full batches of readings. */
export const DEFAULT_LOAD_BOUNDS: LoadBounds = {
  requests: 2_000,
  bytes: 64 * 1_048_576,
  answerBytes: 128 * 1_048_576,
};

/** An answer that comes out of a file holds an open one, and a buffer of this size. */
const STREAM_BYTES = 65_536;

/** Health checks cost nothing, and matter most when the hub is busy. */
const ALWAYS = new Set(['/healthz', '/readyz']);

/** A hub that has refused everything for this long does not recover by itself. */
const STUCK_MS = 60_000;

export interface LoadBoundDeps {
  readonly bounds: LoadBounds;
  /** Whether this address is shared by many clients, such as that of a reverse proxy. */
  readonly isShared: (address: string) => boolean;
  readonly clock: Clock;
}

/**
 * Bounds the requests in progress, each from the moment its body is complete until its
 * answer is ready, the bytes of bodies from the moment they arrive, and those of
 * answers until they are read. A hub slower than its clients would otherwise only grow.
 * One address may use at most as much as it leaves free for others.
 */
export class LoadBound {
  readonly #bounds: LoadBounds;
  readonly #clock: Clock;
  readonly #ledger = new LoadLedger();
  readonly #loads = new WeakMap<IncomingMessage, RequestLoad>();
  readonly #intake: BodyIntake;
  readonly #unread: UnreadAnswers;
  readonly #isShared: (address: string) => boolean;
  /** Since when every request was refused. */
  #refusingSinceMs: number | undefined;

  constructor(deps: LoadBoundDeps) {
    this.#bounds = deps.bounds;
    this.#clock = deps.clock;
    this.#isShared = deps.isShared;
    this.#unread = new UnreadAnswers(deps.bounds.answerBytes);
    this.#intake = new BodyIntake({
      heldBytes: () => this.#ledger.bytes,
      maxHeldBytes: deps.bounds.bytes,
    });
  }

  /** Resources held now; all 0 when there is no request. */
  get gauges(): Readonly<
    Record<'requests' | 'bodyBytes' | 'unfinishedBodies' | 'unreadBytes', number>
  > {
    return {
      unreadBytes: this.#unread.bytes,
      requests: this.#ledger.requests,
      bodyBytes: this.#ledger.bytes,
      unfinishedBodies: this.#intake.unfinished,
    };
  }

  /** Unfinished bodies do not count here: they make room for complete requests. */
  get isFull(): boolean {
    return this.#isFullFor(0);
  }

  /** Full for so long, without a gap in which a request was accepted, that only a restart helps. */
  get isStuck(): boolean {
    // Sampled: between two samples there may have been room.
    if (!this.isFull) this.#refusingSinceMs = undefined;
    if (this.#refusingSinceMs === undefined) return false;
    return this.#clock.monotonicMs() - this.#refusingSinceMs >= STUCK_MS;
  }

  bind(app: HttpApp): void {
    // No body is read only to be refused.
    app.addHook('onRequest', (request, reply, done) => {
      this.#refuseIfFull(request);
      const { socket } = request.raw;
      const load = this.#ledger.open(addressKey(request.client.address), socket, reply.raw);
      this.#loads.set(request.raw, load);
      done();
    });
    app.addHook('preValidation', (request, _reply, done) => {
      const load = this.#loads.get(request.raw);
      this.#refuseIfFull(request, load?.bytes);
      load?.work();
      done();
    });
  }

  /** Must be called after everything that changes what is sent. */
  bindAnswers(app: HttpApp): void {
    app.addHook('onSend', (request, reply, payload, done) => {
      const { socket } = request.raw;
      // Open while someone follows, with bounds of its own (delivery/event-streams.ts): counted
      // here it would be the oldest answer, and be closed to make room.
      const isFollowed = reply.getHeader('content-type') === EVENT_STREAM;
      this.#loads.get(request.raw)?.answered(() =>
        isFollowed
          ? () => undefined
          : this.#unread.hold(addressKey(request.client.address), {
              bytes: bytesOf(payload),
              socket,
            }),
      );
      done(null, payload);
    });
  }

  /** Reads a body into memory, for the content type parsers. */
  async readBody(request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
    const load = this.#loads.get(request.raw);
    if (!load) throw new AppError('internal');
    return await this.#intake.read({
      payload,
      maxBytes: request.routeOptions.bodyLimit,
      address: addressKey(request.client.address),
      load,
    });
  }

  #isFullFor(ownBytes: number): boolean {
    const workedOn = this.#ledger.bytes - this.#intake.unfinishedBytes - ownBytes;
    return this.#ledger.requests >= this.#bounds.requests || workedOn >= this.#bounds.bytes;
  }

  /** @param ownBytes its body, which has already arrived. */
  #refuseIfFull(request: FastifyRequest, ownBytes = 0): void {
    if (ALWAYS.has(request.routeOptions.url ?? '')) return;
    if (this.#isFullFor(ownBytes)) {
      this.#refusingSinceMs ??= this.#clock.monotonicMs();
      throw new AppError('overloaded');
    }
    this.#refusingSinceMs = undefined;
    if (this.#hasItsShare(addressKey(request.client.address), ownBytes))
      throw new AppError('overloaded');
  }

  /**
   * A lone client may use half of everything, two a third each: a new one always finds
   * some left.
   */
  #hasItsShare(address: string, ownBytes: number): boolean {
    if (this.#isShared(address)) return false;
    const own = this.#ledger.of(address);
    const { requests, bytes } = this.#bounds;
    const workedOn = this.#ledger.bytes - this.#intake.unfinishedBytes - ownBytes;
    const ownWorkedOn = own.bytes - this.#intake.unfinishedBytesOf(address) - ownBytes;
    return own.requests >= requests - this.#ledger.requests || ownWorkedOn >= bytes - workedOn;
  }
}

function bytesOf(payload: unknown): number {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return payload.length;
  return payload === null || payload === undefined ? 0 : STREAM_BYTES;
}
