import { Agent, request } from 'undici';
import { AppError } from '#protocol/errors.ts';
import { parseProblem } from '#protocol/http/problem.ts';

export interface HubQuestion {
  readonly url: string;
  /** JSON; with it the question is a POST. */
  readonly body?: string;
  /** `nobody-yet`: whoever answers is heard, and believed in nothing. */
  readonly trust: 'nobody-yet' | { readonly ca: string };
}

const TIMEOUT_MS = 15_000;
const MOST_ANSWER_CHARS = 65_536;

/** @throws AppError with the hub's own code, or `hub_unreachable`, or `hub_not_trusted`. */
export async function askHub({ url, body, trust }: HubQuestion): Promise<string> {
  const dispatcher = new Agent({
    connect: {
      timeout: TIMEOUT_MS,
      ...(trust === 'nobody-yet' ? { rejectUnauthorized: false } : { ca: trust.ca }),
    },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MOST_ANSWER_CHARS,
  });
  try {
    const answer = await request(url, {
      dispatcher,
      ...(body === undefined
        ? {}
        : { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 200 && answer.statusCode < 300) return text;
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
    throw new AppError(isDistrust(cause) ? 'hub_not_trusted' : 'hub_unreachable', { cause });
  } finally {
    await dispatcher.destroy();
  }
}

/** Node.js names what is wrong with a certificate by codes of OpenSSL and its own. */
function isDistrust(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return false;
  return /CERT|SIGNATURE|ALTNAME|ISSUER|SELF_SIGNED/.test(String(cause.code));
}
