import { createHmac } from 'node:crypto';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '#platform/clock.ts';
import type { MessageId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { signWebhook } from '#protocol/webhook/standard-webhooks.ts';
import type { DeliveryCode } from '#protocol/webhook/webhook-state.ts';
import { type ConnectorOptions, TargetRefused, checkedConnector } from './checked-connector.ts';

export interface WebhookSenderDeps extends Omit<ConnectorOptions, 'timeoutMs'> {
  readonly clock: Clock;
  /** For one attempt, from the look-up of the name to the end of the answer. */
  readonly timeoutMs?: number | undefined;
}

export interface WebhookRequest {
  readonly url: string;
  readonly messageId: MessageId;
  readonly body: string;
  /** One signature each. */
  readonly secrets: readonly Uint8Array[];
  /** Ends the attempt. */
  readonly stop: AbortSignal;
}

export interface WebhookAnswer {
  readonly status: number | null;
  /** Null: it was delivered. */
  readonly code: DeliveryCode | null;
  /** The beginning of the body, or the error. */
  readonly answer: string;
  readonly isCut: boolean;
  /** What the endpoint requested; 0: nothing. */
  readonly retryAfterMs: number;
}

/** A connection that was not used for so long is closed. */
const KEEP_ALIVE_MS = 5_000;
const MAX_ERROR_CHARS = 300;

/**
 * Sends messages as Standard Webhooks 1.0.0 has it: signed, with the time of the attempt. An
 * answer of 2xx is a success, everything else a failure, redirects included.
 */
export class WebhookSender {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor({ clock, timeoutMs = LIMITS.webhookTimeoutMs, ...options }: WebhookSenderDeps) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connect: checkedConnector({ ...options, timeoutMs }),
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  async send({ url, messageId, body, secrets, stop }: WebhookRequest): Promise<WebhookAnswer> {
    const bytes = Buffer.from(body);
    const timestampSeconds = Math.floor(this.#clock.nowMs() / 1_000);
    const signers = secrets.map((secret) => ({
      version: 'v1' as const,
      sign: (content: Uint8Array) => createHmac('sha256', secret).update(content).digest(),
    }));
    const headers = signWebhook({ id: messageId, timestampSeconds, body: bytes }, signers);
    const timeout = new AbortController();
    const cancelTimer = this.#clock.after(this.#timeoutMs, () => timeout.abort());
    try {
      const answer = await request(url, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'user-agent': 'Signalbox-Webhooks/1',
        },
        body: bytes,
        signal: AbortSignal.any([timeout.signal, stop]),
      });
      return await this.#answerOf(answer);
    } catch (error) {
      if (stop.aborted) return failure('interrupted', '');
      return failure(timeout.signal.aborted ? 'timed_out' : codeOf(error), textOf(error));
    } finally {
      cancelTimer();
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #answerOf({ statusCode: status, headers, body }: Dispatcher.ResponseData) {
    const { text, isCut } = await beginningOf(body);
    const retryAfterMs = retryAfterOf(headers['retry-after'], this.#clock.nowMs());
    return { status, code: codeOfStatus(status), answer: text, isCut, retryAfterMs };
  }
}

function codeOfStatus(status: number): DeliveryCode | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? 'redirected' : 'answered';
}

/** The status counts, even if the body breaks off. */
async function beginningOf(
  body: Dispatcher.ResponseData['body'],
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let isCut = false;
  try {
    const chunks: AsyncIterable<Uint8Array> = body;
    for await (const bytes of chunks) {
      parts.push(bytes);
      length += bytes.length;
      if (length > LIMITS.webhookAnswerBytes) break;
    }
  } catch {
    isCut = true;
  }
  const bytes = Buffer.concat(parts).subarray(0, LIMITS.webhookAnswerBytes);
  return { text: printable(bytes.toString('utf8')), isCut: isCut || length > bytes.length };
}

/** PostgreSQL stores no NUL, and a terminal obeys other control characters. */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** In seconds, or as a date (RFC 9110 section 10.2.3). */
function retryAfterOf(header: string | string[] | undefined, nowMs: number): number {
  const [text = ''] = [header].flat();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

function failure(code: DeliveryCode, answer: string): WebhookAnswer {
  return { status: null, code, answer, isCut: false, retryAfterMs: 0 };
}

const TIMEOUTS = /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/;
const CERTIFICATES = /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_)/;

function codeOf(error: unknown): DeliveryCode {
  if (error instanceof TargetRefused) {
    return error.reason === 'name_unknown' ? 'name_unknown' : 'address_refused';
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TIMEOUTS.test(code)) return 'timed_out';
  return CERTIFICATES.test(code) ? 'certificate_invalid' : 'connection_failed';
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return printable(text.slice(0, MAX_ERROR_CHARS));
}
