import type { ErrorCode } from '#protocol/errors.ts';
import { toProblem } from '#protocol/http/problem.ts';

/** A call of the API that a hub in memory answers. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export const DONE: Answer = { status: 204 };

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export function problem(code: ErrorCode): Answer {
  const body = toProblem(code);
  return { status: body.status, body };
}
