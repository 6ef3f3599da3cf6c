import { type Dispatcher, Pool } from 'undici';
import { AppError } from '#protocol/errors.ts';

export interface HubHttpOptions {
  /** Origin of the hub: scheme, host and port. */
  readonly origin: string;
  /** PEM of the one CA that is trusted; undefined: the system's own list. */
  readonly ca?: string;
  /** At a time; as many as the base's own needs, if undefined. */
  readonly connections?: number;
}

export interface HubAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  /** The hub's clock in whole seconds, as its Date header tells. */
  readonly dateMs: number | undefined;
  readonly text: string;
}

/** Live results, live readings, backlog, what the channel asks for, firmware: one connection each. */
const CONNECTIONS = 5;
const TIMEOUT_MS = 15_000;
/** TCP and TLS together; a hub that is there answers within some round trips. */
const CONNECT_TIMEOUT_MS = 6_000;
/** Small, and answered to anybody. */
const PUBLIC_PATH = '/api/ca.pem';
const MOST_ANSWER_BYTES = 1_048_576;

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

/** HTTPS to the hub over connections that stay open, trusting its own CA and nobody else. */
export class HubHttp {
  readonly #options: HubHttpOptions;
  #pool: Pool | undefined;

  constructor(options: HubHttpOptions) {
    this.#options = options;
  }

  /** @throws AppError `hub_unreachable` when no answer came. */
  async post(
    path: string,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HubAnswer> {
    try {
      const answer = await this.#open().request({
        method: 'POST',
        path,
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
      return {
        status: answer.statusCode,
        contentType: firstOf(answer.headers['content-type']),
        retryAfter: firstOf(answer.headers['retry-after']),
        dateMs: dateOf(answer.headers['date']),
        text: await readBounded(answer.body),
      };
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('hub_unreachable', { cause });
    }
  }

  /** @throws AppError `hub_unreachable` when no answer came. */
  async stream(
    path: string,
    {
      headers,
      signal,
    }: {
      readonly headers: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ): Promise<HubStream> {
    try {
      const answer = await this.#open().request({ method: 'GET', path, headers, signal });
      return {
        status: answer.statusCode,
        contentType: firstOf(answer.headers['content-type']),
        contentRange: firstOf(answer.headers['content-range']),
        body: () => piecesOf(answer.body),
        text: () => readBounded(piecesOf(answer.body)),
      };
    } catch (cause) {
      throw new AppError('hub_unreachable', { cause });
    }
  }

  /** What time it is at the hub. @throws AppError `hub_unreachable` when it does not tell. */
  async date(): Promise<number> {
    try {
      const answer = await this.#open().request({ method: 'GET', path: PUBLIC_PATH });
      const dateMs = dateOf(answer.headers['date']);
      await readBounded(answer.body);
      if (dateMs !== undefined) return dateMs;
    } catch (cause) {
      throw new AppError('hub_unreachable', { cause });
    }
    throw new AppError('hub_unreachable', { details: { reason: 'no date' } });
  }

  /** Gives up all connections and what is asked on them; the next request dials anew. */
  hangUp(): void {
    void this.close();
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  #open(): Pool {
    const { origin, ca, connections = CONNECTIONS } = this.#options;
    this.#pool ??= new Pool(origin, {
      connections,
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      keepAliveTimeout: 60_000,
    });
    return this.#pool;
  }
}

async function* piecesOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (cause) {
    throw new AppError('hub_unreachable', { cause });
  }
}

async function readBounded(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) throw new AppError('body_too_large');
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
