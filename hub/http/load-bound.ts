import { AppError } from '#protocol/errors.ts';
import type { HttpApp } from './http-app.ts';

/** What the hub works on at once; one request more is told to come again. */
export interface LoadBounds {
  readonly requests: number;
  /** Of their bodies, which are all in memory. */
  readonly bytes: number;
}

/** Twice what may hang on for the end of a command, and some hundred full batches of readings. */
export const DEFAULT_LOAD_BOUNDS: LoadBounds = { requests: 2_000, bytes: 64 * 1_048_576 };

/** Answers that the process is alive cost nothing, and matter most when it is busy. */
const ALWAYS = '/healthz';

/**
 * Bounds the requests under way, each from the moment its body is there. A
 * hub that is slower than those who ask would otherwise only grow.
 */
export function boundLoad(app: HttpApp, bounds: LoadBounds): void {
  let requests = 0;
  let bytes = 0;
  const refuseIfFull = (): void => {
    if (requests >= bounds.requests || bytes >= bounds.bytes) throw new AppError('overloaded');
  };
  // Nobody's body is read only to be refused.
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.url !== ALWAYS) refuseIfFull();
    done();
  });
  app.addHook('preValidation', (request, reply, done) => {
    if (request.url !== ALWAYS) refuseIfFull();
    const size = Number(request.headers['content-length'] ?? 0);
    requests += 1;
    bytes += size;
    // Also when the client goes away before it was answered.
    reply.raw.once('close', () => {
      requests -= 1;
      bytes -= size;
    });
    done();
  });
}
