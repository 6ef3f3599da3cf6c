import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#protocol/errors.ts';
import type { Clock } from '../clock.ts';
import { addressKey } from './address-key.ts';
import { BodyIntake } from './body-intake.ts';
import type { HttpApp } from './http-app.ts';
import { LoadLedger, type RequestLoad } from './load-ledger.ts';

/** What the hub works on at once; one request more is told to come again. */
export interface LoadBounds {
  readonly requests: number;
  /** Of their bodies, as far as they were received, which are all in memory. */
  readonly bytes: number;
}

/** Twice what may hang on for the end of a command, and some hundred full batches of readings. */
export const DEFAULT_LOAD_BOUNDS: LoadBounds = { requests: 2_000, bytes: 64 * 1_048_576 };

/** What tells of the hub's state costs nothing, and matters most when it is busy. */
const ALWAYS = new Set(['/healthz', '/readyz']);

/** A hub that has refused everything for so long does not recover by itself. */
const STUCK_MS = 60_000;

/**
 * Bounds the requests under way, each from the moment its body is there, and
 * the bytes of bodies from the moment they come. A hub that is slower than
 * those who ask would otherwise only grow.
 */
export class LoadBound {
  readonly #bounds: LoadBounds;
  readonly #clock: Clock;
  readonly #ledger = new LoadLedger();
  readonly #loads = new WeakMap<IncomingMessage, RequestLoad>();
  readonly #intake: BodyIntake;
  /** Since when every request was refused. */
  #refusingSinceMs: number | undefined;

  constructor(deps: { readonly bounds: LoadBounds; readonly clock: Clock }) {
    this.#bounds = deps.bounds;
    this.#clock = deps.clock;
    this.#intake = new BodyIntake({
      heldBytes: () => this.#ledger.bytes,
      maxHeldBytes: deps.bounds.bytes,
    });
  }

  /** What is held at this moment; all 0 when there is no request. */
  get gauges(): Readonly<Record<'requests' | 'bodyBytes' | 'unfinishedBodies', number>> {
    return {
      requests: this.#ledger.requests,
      bodyBytes: this.#ledger.bytes,
      unfinishedBodies: this.#intake.unfinished,
    };
  }

  /** Unfinished bodies do not count here: they give way to what can be worked on. */
  get isFull(): boolean {
    return this.#isFullFor(0);
  }

  /** Full for so long, without a gap in which a request was accepted, that only a restart helps. */
  get isStuck(): boolean {
    // Looked at from time to time: what was full then and is full now may have had room in between.
    if (!this.isFull) this.#refusingSinceMs = undefined;
    if (this.#refusingSinceMs === undefined) return false;
    return this.#clock.now() - this.#refusingSinceMs >= STUCK_MS;
  }

  bind(app: HttpApp): void {
    // Nobody's body is read only to be refused.
    app.addHook('onRequest', (request, reply, done) => {
      this.#refuseIfFull(request);
      this.#loads.set(request.raw, this.#ledger.open(request.raw.socket, reply.raw));
      done();
    });
    app.addHook('preValidation', (request, _reply, done) => {
      const load = this.#loads.get(request.raw);
      this.#refuseIfFull(request, load?.bytes);
      load?.work();
      done();
    });
  }

  /** Reads a body into memory, for the content type parsers. */
  async readBody(request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> {
    const load = this.#loads.get(request.raw);
    if (!load) throw new AppError('internal');
    return await this.#intake.read({
      payload,
      maxBytes: request.routeOptions.bodyLimit,
      address: addressKey(request.ip),
      load,
    });
  }

  #isFullFor(ownBytes: number): boolean {
    const workedOn = this.#ledger.bytes - this.#intake.unfinishedBytes - ownBytes;
    return this.#ledger.requests >= this.#bounds.requests || workedOn >= this.#bounds.bytes;
  }

  /** @param ownBytes its body, which is there already. */
  #refuseIfFull(request: FastifyRequest, ownBytes = 0): void {
    if (ALWAYS.has(request.routeOptions.url ?? '')) return;
    if (this.#isFullFor(ownBytes)) {
      this.#refusingSinceMs ??= this.#clock.now();
      throw new AppError('overloaded');
    }
    this.#refusingSinceMs = undefined;
  }
}
