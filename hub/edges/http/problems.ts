import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { PROBLEM_MEDIA_TYPE, toProblem } from '#protocol/http/problem.ts';

/** Fastify's own refusals by its codes. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  // Node's own, of a body that was broken off.
  ECONNRESET: 'bad_request',
  ERR_STREAM_PREMATURE_CLOSE: 'bad_request',
};

/** Clients refused because of the hub's state may retry after this; they add a random wait. */
const BUSY_RETRY_SECONDS = 2;

interface Finding {
  readonly code: ErrorCode;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What an error is called towards clients. Everything unforeseen is `internal`. */
function findingOf(error: unknown): Finding {
  if (error instanceof AppError) return { code: error.code, details: error.details };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [first] = error.validation;
    const path = first?.instancePath.slice(1).replaceAll('/', '.') ?? '';
    return {
      code: 'bad_request',
      details: { in: error.validationContext ?? 'body', path, reason: first?.message ?? '' },
    };
  }
  if (!(error instanceof Error)) return { code: 'internal' };
  const fastifyCode = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = FASTIFY_CODES[fastifyCode];
  if (known) return { code: known };
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return { code: 'body_too_large' };
  // Fastify's JSON parser refuses prototype pollution with a plain 400.
  if (status === 400)
    return { code: error instanceof SyntaxError ? 'malformed_json' : 'bad_request' };
  return { code: 'internal' };
}

/** The one place where an error becomes an HTTP answer (RFC 9457). */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  const { code, details } = findingOf(error);
  if (code === 'internal')
    request.log.error({ err: error, requestId: request.id }, 'request failed');
  const problem = toProblem(code, { ...(details ? { details } : {}), requestId: request.id });
  const known = details?.['retryAfterSeconds'];
  const retryAfter = problem.status === 503 ? (known ?? BUSY_RETRY_SECONDS) : known;
  if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
  // Fastify would end the connection together with the answer, and so before it is read.
  if (!request.raw.complete) reply.removeHeader('connection');
  // A string, so that no response schema of the route is applied to it.
  void reply.status(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}
