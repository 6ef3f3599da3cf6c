import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from './http-app.ts';

export interface CompressionBounds {
  /** Answers being compressed at once: half of the threads, which password hashes need as well. */
  readonly atOnce: number;
  /** Answers waiting for that. One more goes out as it is: bytes on the wire rather than a queue. */
  readonly waiting: number;
}

export const DEFAULT_COMPRESSION_BOUNDS: CompressionBounds = { atOnce: 2, waiting: 64 };

/** Below this, the header costs what the compression saves. */
const MIN_BYTES = 1_024;
const COMPRESSIBLE = /^(?:application\/json|application\/problem\+json|text\/html|text\/csv)\b/;

const gzipped = promisify(gzip);

/**
 * Compresses API reads. Only answers to GET: those to other methods contain secrets
 * (tokens, claim codes) next to text from the caller, whose compressed length would let
 * an eavesdropper guess them (BREACH). No read contains a secret. Dashboard files are
 * compressed at build time, and streams pass unchanged.
 */
export function compressAnswers(app: HttpApp, bounds: CompressionBounds): void {
  const limit = new CompressionLimit(bounds);
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isCompressible(request, reply) || !isLongText(payload)) return payload;
    reply.header('vary', 'accept-encoding');
    if (!acceptsGzip(request.headers['accept-encoding'])) return payload;
    const compressed = await limit.run(() =>
      gzipped(payload, { level: constants.Z_DEFAULT_COMPRESSION }),
    );
    if (!compressed) return payload;
    reply.header('content-encoding', 'gzip');
    reply.removeHeader('content-length');
    return compressed;
  });
}

function isCompressible(request: FastifyRequest, reply: FastifyReply): boolean {
  return (
    request.method === 'GET' &&
    !reply.hasHeader('content-encoding') &&
    !reply.hasHeader('set-cookie') &&
    COMPRESSIBLE.test(String(reply.getHeader('content-type') ?? ''))
  );
}

function isLongText(payload: unknown): payload is string | Buffer {
  return (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length >= MIN_BYTES;
}

/** RFC 9110 section 12.5.3, as far as gzip goes: named, or meant by `*`, and not with q=0. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = new Map(
    String(header ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => {
        const [name = '', ...parameters] = part.split(';').map((word) => word.trim());
        const weight = parameters.find((parameter) => parameter.startsWith('q='));
        return [name, weight === undefined ? 1 : Number(weight.slice(2))];
      }),
  );
  return (codings.get('gzip') ?? codings.get('x-gzip') ?? codings.get('*') ?? 0) > 0;
}

/** Bounds concurrency and the queue, and refuses the rest. */
export class CompressionLimit {
  readonly #bounds: CompressionBounds;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(bounds: CompressionBounds) {
    this.#bounds = bounds;
  }

  /** @returns undefined when too many wait. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#running >= this.#bounds.atOnce) {
      if (this.#waiting.length >= this.#bounds.waiting) return undefined;
      // A finished job passes its slot on, so that no other gets it in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
