import { Agent, request } from 'undici';
import { AppError } from '#protocol/errors.ts';
import { parseProblem } from '#protocol/http/problem.ts';
import { hubConnector } from '../hub-link/hub-connector.ts';
import type { HubIdentity } from '../hub-link/hub-identity.ts';
import { withDeadline } from '../hub-link/with-deadline.ts';

export interface HubRequest {
  readonly url: string;
  /** JSON; with it the question is a POST. */
  readonly body?: string;
  /** `nobody-yet`: the server's answer is read, but not trusted. */
  readonly trust: 'nobody-yet' | HubIdentity;
  /** Of the dial and the whole answer ({@link TOTAL_MS}). */
  readonly totalMs?: number;
}

const TIMEOUT_MS = 15_000;
/** An answer that drips never ends by itself, and a person is waiting. */
const TOTAL_MS = 45_000;
const MAX_ANSWER_CHARS = 65_536;

export interface HubResponse {
  readonly text: string;
  /** The hub's clock in whole seconds, from its Date header. */
  readonly dateMs: number | undefined;
}

/** @throws AppError with the hub's own code, or `hub_unreachable`, or as {@link HubIdentity.check}. */
export async function requestHub({
  url,
  body,
  trust,
  totalMs = TOTAL_MS,
}: HubRequest): Promise<HubResponse> {
  const dispatcher = new Agent({
    connect:
      trust === 'nobody-yet'
        ? { timeout: TIMEOUT_MS, rejectUnauthorized: false }
        : hubConnector(trust, TIMEOUT_MS),
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_CHARS,
  });
  try {
    const { answer, text } = await withDeadline(totalMs, async (signal) => {
      const answer = await request(url, {
        dispatcher,
        signal,
        ...(body === undefined
          ? {}
          : { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
      });
      return { answer, text: await answer.body.text() };
    });
    if (answer.statusCode >= 200 && answer.statusCode < 300) {
      const dateMs = Date.parse(String(answer.headers['date'] ?? ''));
      return { text, dateMs: Number.isNaN(dateMs) ? undefined : dateMs };
    }
    const contentType = answer.headers['content-type'];
    const problem = parseProblem({
      status: answer.statusCode,
      contentType: typeof contentType === 'string' ? contentType : undefined,
      text,
    });
    throw new AppError(problem?.code ?? 'hub_answer_foreign', {
      details: { status: answer.statusCode },
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('hub_unreachable', { cause });
  } finally {
    await dispatcher.destroy();
  }
}
