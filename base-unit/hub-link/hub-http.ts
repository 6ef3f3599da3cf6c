import { type Dispatcher, Pool } from 'undici';
import { AppError } from '#protocol/errors.ts';
import type { SenderName } from '../outbox/event-sender.ts';
import { foreignAnswerIn } from './foreign-answer.ts';
import { hubConnector } from './hub-connector.ts';
import { HubIdentity } from './hub-identity.ts';
import { withDeadline } from './with-deadline.ts';

export interface PostedRequest {
  readonly body: Uint8Array | string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HubHttpOptions {
  /** Origin of the hub: scheme, host and port. */
  readonly origin: string;
  /** PEM of the one CA that is trusted; undefined only for a hub over plain HTTP on this machine. */
  readonly ca?: string;
  /** Verifies servers by that CA; default: with this machine's clock. */
  readonly identity?: HubIdentity;
  /** Of each sender at a time; 1, which is what a base needs, if undefined. */
  readonly connections?: number;
  /** Of an answer on a connection that was answered on before ({@link FIRST_TIMEOUT_MS}). */
  readonly firstTimeoutMs?: number;
  /** Of an answer otherwise, at most ({@link TIMEOUT_MS}). */
  readonly timeoutMs?: number;
  /** The part of it that a batch gets besides the time for its bytes ({@link BATCH_TIMEOUT_MS}). */
  readonly batchTimeoutMs?: number;
  /**
   * A request was not answered: the hub may be unreachable. Called at once, even if it
   * is retried.
   */
  readonly unanswered?: () => void;
}

/** Each has its own connections, so that they do not wait for each other. */
export type HubPoolName = 'control' | 'firmware' | SenderName;

export interface HubAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  /** The hub's clock in whole seconds, from its Date header. */
  readonly dateMs: number | undefined;
  readonly text: string;
}

const TIMEOUT_MS = 15_000;
/**
 * A batch of readings that a path drops is given up sooner than a result, since nobody
 * waits for it and a smaller one may succeed.
 */
const BATCH_TIMEOUT_MS = 6_000;
/** A third of a line of 200 kbit/s. */
const SLOW_BYTES_PER_MS = 8;
const BATCH_POOLS: readonly HubPoolName[] = ['events', 'readings', 'backlog'];
/**
 * A router may silently forget an idle connection: a small request without an answer by
 * then is sent again over a new connection, which shows at once whether the hub is
 * reachable.
 */
const FIRST_TIMEOUT_MS = 3_000;
/** So much goes through a slow line (200 kbit/s) well within that time. */
const SMALL_BODY_BYTES = 16_384;
/** Idle connections are closed before the routers that forget soonest (30 s) forget them. */
const IDLE_MS = 20_000;
/** TCP and TLS together; a running hub answers within a few round trips. */
const CONNECT_TIMEOUT_MS = 6_000;
/** Small, and answered to anyone. */
const PUBLIC_PATH = '/api/ca.pem';
const MAX_ANSWER_BYTES = 1_048_576;

/** An answer whose body may be long. */
export interface HubStream {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly contentRange: string | undefined;
  /** Piece by piece, once; read it to its end. @throws AppError `hub_unreachable` when it breaks off. */
  readonly body: () => AsyncGenerator<Uint8Array>;
  /** The whole of a short one, in place of the pieces. @throws AppError `body_too_large`, `hub_unreachable`. */
  readonly text: () => Promise<string>;
}

/** HTTPS to the hub over persistent connections, trusting only its own CA. */
export class HubHttp {
  readonly #options: HubHttpOptions;
  readonly #pools = new Map<HubPoolName, OpenPool>();
  /** Abandoned, with requests on them that may still be answered. */
  readonly #draining = new Set<Pool>();

  constructor(options: HubHttpOptions) {
    this.#options = options;
  }

  /**
   * Posted requests must be idempotent: on a connection that turns out to be dead they
   * may have arrived.
   *
   * @throws AppError `hub_unreachable` when no answer came; {@link isTimeout} tells
   * whether it timed out. Or as {@link HubIdentity.check}.
   */
  async post(
    path: string,
    { body, headers }: PostedRequest,
    name: HubPoolName = 'control',
  ): Promise<HubAnswer> {
    const open = this.#open(name);
    const { firstTimeoutMs = FIRST_TIMEOUT_MS } = this.#options;
    const bytes = Buffer.byteLength(body);
    const timeoutMs = this.#timeoutMs(name, bytes);
    const isSmall = bytes <= SMALL_BODY_BYTES;
    const isReused = open.wasAnswered;
    try {
      const waitMs = isReused && isSmall ? firstTimeoutMs : timeoutMs;
      const answer = await this.#post(open.pool, { path, body, headers, waitMs });
      open.wasAnswered = true;
      return answer;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'hub_unreachable') throw error;
      this.#giveUp(name, open);
      this.#options.unanswered?.();
      if (!isReused || !isSmall) throw error;
    }
    const fresh = this.#open(name);
    try {
      const answer = await this.#post(fresh.pool, { path, body, headers, waitMs: timeoutMs });
      fresh.wasAnswered = true;
      return answer;
    } catch (error) {
      this.#giveUp(name, fresh);
      throw error;
    }
  }

  #timeoutMs(name: HubPoolName, bytes: number): number {
    const { timeoutMs = TIMEOUT_MS, batchTimeoutMs = BATCH_TIMEOUT_MS } = this.#options;
    if (!BATCH_POOLS.includes(name)) return timeoutMs;
    return Math.min(timeoutMs, batchTimeoutMs + bytes / SLOW_BYTES_PER_MS);
  }

  async #post(
    pool: Pool,
    request: {
      readonly path: string;
      readonly body: Uint8Array | string;
      readonly headers: Readonly<Record<string, string>>;
      readonly waitMs: number;
    },
  ): Promise<HubAnswer> {
    const { path, body, headers, waitMs } = request;
    const startedAtMs = performance.now();
    const totalMs = totalOf(waitMs);
    try {
      return await withDeadline(totalMs, async (signal) => {
        const answer = await pool.request({
          method: 'POST',
          path,
          body,
          headers: { 'content-type': 'application/json', ...headers },
          headersTimeout: waitMs,
          bodyTimeout: waitMs,
          signal,
        });
        return {
          status: answer.statusCode,
          contentType: firstOf(answer.headers['content-type']),
          retryAfter: firstOf(answer.headers['retry-after']),
          dateMs: dateOf(answer.headers['date']),
          text: await readBounded(answer.body),
        };
      });
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const elapsedMs = performance.now() - startedAtMs;
      // A hub may give up on a slow body before its base does.
      const isGivenUp = elapsedMs >= waitMs * GIVEN_UP_SHARE && codeOf(cause) === 'UND_ERR_SOCKET';
      const isTimeout = isGivenUp || elapsedMs >= totalMs;
      const code = foreignAnswerIn(cause) === undefined ? 'hub_unreachable' : 'hub_answer_foreign';
      throw new AppError(code, { cause, details: { isTimeout } });
    }
  }

  /** @throws AppError `hub_unreachable` when no answer came. */
  async stream(
    path: string,
    {
      headers,
      signal,
      isLate,
    }: {
      readonly headers: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
      /** Checked for each piece: a slow drip would keep every other timeout away. */
      readonly isLate: () => boolean;
    },
  ): Promise<HubStream> {
    try {
      const { pool } = this.#open('firmware');
      const answer = await pool.request({ method: 'GET', path, headers, signal });
      return {
        status: answer.statusCode,
        contentType: firstOf(answer.headers['content-type']),
        contentRange: firstOf(answer.headers['content-range']),
        body: () => piecesOf(answer.body, isLate),
        text: () => readBounded(piecesOf(answer.body, isLate)),
      };
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('hub_unreachable', { cause });
    }
  }

  /** The hub's time. @throws AppError `hub_unreachable` when it does not send it. */
  async date(): Promise<number> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    try {
      const dateMs = await withDeadline(totalOf(timeoutMs), async (signal) => {
        const { pool } = this.#open('control');
        const answer = await pool.request({ method: 'GET', path: PUBLIC_PATH, signal });
        await readBounded(answer.body);
        return dateOf(answer.headers['date']);
      });
      if (dateMs !== undefined) return dateMs;
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('hub_unreachable', { cause });
    }
    throw new AppError('hub_unreachable', { details: { reason: 'no date' } });
  }

  /** Abandons all connections and their requests; the next request dials again. */
  hangUp(): void {
    void this.close();
  }

  async close(): Promise<void> {
    const pools = [...[...this.#pools.values()].map(({ pool }) => pool), ...this.#draining];
    this.#pools.clear();
    this.#draining.clear();
    await Promise.all(pools.map(async (pool) => pool.destroy()));
  }

  /** The next request of this sender dials again; requests in flight may still be answered. */
  #giveUp(name: HubPoolName, open: OpenPool): void {
    if (this.#pools.get(name) !== open) return;
    this.#pools.delete(name);
    const { pool } = open;
    this.#draining.add(pool);
    const forget = () => this.#draining.delete(pool);
    pool.close().then(forget, forget);
  }

  #open(name: HubPoolName): OpenPool {
    const open = this.#pools.get(name);
    if (open) return open;
    const { origin, ca, connections = 1, timeoutMs = TIMEOUT_MS } = this.#options;
    const identity =
      this.#options.identity ?? (ca === undefined ? undefined : new HubIdentity({ origin, ca }));
    const pool = new Pool(origin, {
      connections,
      pipelining: 1,
      connect: identity
        ? hubConnector(identity, CONNECT_TIMEOUT_MS)
        : { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
    });
    const opened = { pool, wasAnswered: false };
    this.#pools.set(name, opened);
    return opened;
  }
}

interface OpenPool {
  readonly pool: Pool;
  /** Something was answered on it. */
  wasAnswered: boolean;
}

/** The other timeouts come up to so much late, and come first: a request that is aborted dials once more. */
const TIMER_SLACK_MS = 1_500;

/** For the dial, the answer, and all of its pieces, by the timeout of each. */
function totalOf(timeoutMs: number): number {
  return 2 * timeoutMs + TIMER_SLACK_MS;
}

/** A connection that ends sooner was ended by a hub that stops, or by the line. */
const GIVEN_UP_SHARE = 0.3;
const TIMEOUTS: readonly unknown[] = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/** Whether the hub was reached, and no answer to this request came. */
export function isTimeout(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.details['isTimeout'] === true || TIMEOUTS.includes(codeOf(error.cause));
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

async function* piecesOf(
  body: Dispatcher.ResponseData['body'],
  isLate: () => boolean,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      if (chunk instanceof Uint8Array) yield chunk;
      if (isLate()) throw new AppError('hub_unreachable', { details: { reason: 'too slow' } });
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('hub_unreachable', { cause });
  }
}

async function readBounded(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new AppError('body_too_large');
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function dateOf(header: string | string[] | undefined): number | undefined {
  const ms = Date.parse(firstOf(header) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
