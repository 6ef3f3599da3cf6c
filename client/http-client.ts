import type { z } from 'zod';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { Problem } from '#protocol/http/problem.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface HttpClient {
  /**
   * Sends a request and parses the answer. Every failure is an AppError with a
   * code of the table; a `Retry-After` comes along as `details.retryAfterMs`.
   */
  json: <T extends z.ZodType>(schema: T, request: HttpRequest) => Promise<z.infer<T>>;
  /** The same for calls whose answer has no content. */
  send: (request: HttpRequest) => Promise<void>;
  /**
   * The body of the answer, as it comes. The time limit is for its beginning; its end is up to
   * the signal.
   */
  stream: (request: HttpRequest & { readonly signal: AbortSignal }) => Promise<HttpBody>;
}

/** As much of a stream of bytes as browsers and programs have in common. */
export interface HttpBody {
  readonly getReader: () => {
    readonly read: () => Promise<{
      readonly done: boolean;
      readonly value?: Uint8Array | undefined;
    }>;
    readonly cancel: () => Promise<void>;
  };
}

/** The part of an answer that is used, of a browser's fetch or a program's own. */
export interface HttpAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly json: () => Promise<unknown>;
  /** Of an answer that is read as it comes. */
  readonly body?: HttpBody | null;
}

interface HttpInit {
  readonly method: string;
  readonly credentials: 'same-origin';
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly body?: string;
}

export type HttpFetch = (url: string, init: HttpInit) => Promise<HttpAnswer>;

interface HttpClientDeps {
  readonly fetch: HttpFetch;
  /** Of the hub; default: that of the page. */
  readonly origin?: string;
  /** Of a program, which has no cookie. */
  readonly token?: string;
  /** Called when the session has ended. */
  readonly onSignedOut?: (code: ErrorCode) => void;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 15_000;

export function createHttpClient(deps: HttpClientDeps): HttpClient {
  const timeoutMs = deps.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const exchange = async (
    request: HttpRequest,
    timeout = AbortSignal.timeout(timeoutMs),
  ): Promise<HttpAnswer> => {
    const response = await reach(deps, request, timeout);
    if (response.ok) return response;
    const error = await errorOf(response);
    if (error.code === 'unauthenticated' || error.code === 'session_expired') {
      deps.onSignedOut?.(error.code);
    }
    throw error;
  };
  return {
    json: async (schema, request) => {
      const body = await bodyOf(await exchange(request));
      const parsed = schema.safeParse(body);
      if (!parsed.success) {
        throw new AppError('internal', { cause: parsed.error, details: { answer: 'unexpected' } });
      }
      return parsed.data;
    },
    send: async (request) => {
      await exchange(request);
    },
    stream: async (request) => {
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), timeoutMs);
      try {
        const { body } = await exchange(request, timeout.signal);
        if (!body) throw new AppError('internal', { details: { answer: 'no body' } });
        return body;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function reach(
  deps: HttpClientDeps,
  request: HttpRequest,
  timeout: AbortSignal,
): Promise<HttpAnswer> {
  try {
    return await deps.fetch(`${deps.origin ?? ''}${urlOf(request)}`, {
      method: request.method ?? 'GET',
      credentials: 'same-origin',
      headers: {
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(deps.token === undefined ? {} : { authorization: `Bearer ${deps.token}` }),
        ...request.headers,
      },
      signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
  } catch (cause) {
    throw new AppError('hub_unreachable', { cause });
  }
}

function urlOf({ path, query }: HttpRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

async function bodyOf(response: HttpAnswer): Promise<unknown> {
  try {
    const body: unknown = await response.json();
    return body;
  } catch (cause) {
    throw new AppError('internal', { cause, details: { answer: 'not JSON' } });
  }
}

/**
 * An intermediary may answer without problem details; then the status has to do. A 401
 * of that kind (from a captive portal, a proxy) says nothing about our session.
 */
const CODE_OF_STATUS: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'bad_request'],
  [401, 'hub_unreachable'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [413, 'body_too_large'],
  [429, 'rate_limited'],
  [502, 'hub_unreachable'],
  [503, 'not_ready'],
  [504, 'hub_unreachable'],
]);

async function errorOf(response: HttpAnswer): Promise<AppError> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = Problem.safeParse(body);
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (problem.success) {
    return new AppError(problem.data.code, { details: { ...problem.data.details, ...wait } });
  }
  return new AppError(CODE_OF_STATUS.get(response.status) ?? 'internal', {
    details: { status: response.status, ...wait },
  });
}

/** The AppError in any thrown value. */
export function asAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('internal', { cause: error });
}
