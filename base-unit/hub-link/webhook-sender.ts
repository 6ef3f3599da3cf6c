import { sign, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { type ErrorCode, errorEntry } from '#protocol/errors.ts';
import { Problem } from '#protocol/http/problem.ts';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import { type BaseId, EventId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { signWebhook, type WebhookSigner } from '#protocol/webhook/standard-webhooks.ts';
import type { ClockOffset } from './clock-offset.ts';
import type { EventBatch, EventSender, SendOutcome } from './event-sender.ts';
import type { HubAnswer, HubHttp } from './hub-http.ts';

export interface WebhookSenderDeps {
  readonly baseId: BaseId;
  readonly privateKey: KeyObject;
  readonly http: Pick<HubHttp, 'post'>;
  readonly offset: ClockOffset;
  /** What the hub's clock was ahead of an earlier one; undefined: not known, or it is that of now. */
  readonly earlierOffsetMs: (clock: number) => number | undefined;
  readonly log: Logger;
}

const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Signed webhooks (docs/channels.md section 6). */
export class WebhookSender implements EventSender {
  readonly #deps: WebhookSenderDeps;
  readonly #signer: WebhookSigner;

  constructor(deps: WebhookSenderDeps) {
    this.#deps = deps;
    this.#signer = {
      version: 'v1a',
      sign: (content) => sign(null, content, deps.privateKey),
    };
  }

  readonly send = async (batch: EventBatch): Promise<SendOutcome> => {
    const { http, offset, earlierOffsetMs, baseId, log } = this.#deps;
    const [first] = batch.events;
    // The hub compares the timestamp with its own clock.
    const hubNowMs = offset.hubNowMs();
    const body = bodyOf(
      batch,
      hubNowMs,
      (first && earlierOffsetMs(first.clock)) ?? offset.offsetMs,
    );
    const id = newId(EventId, Math.floor(hubNowMs));
    const headers = signWebhook({ id, timestampSeconds: Math.floor(hubNowMs / 1_000), body }, [
      this.#signer,
    ]);
    try {
      const answer = await http.post(`/api/webhooks/bases/${baseId}`, body, headers);
      const outcome = outcomeOf(answer);
      const isSkewed = outcome.kind === 'later' && outcome.code === 'webhook_timestamp_invalid';
      if (isSkewed && answer.dateMs !== undefined) offset.learnFrom(answer.dateMs);
      return outcome;
    } catch (error) {
      log.debug({ err: error }, 'webhook did not get through');
      return { kind: 'later', code: 'hub_unreachable' };
    }
  };
}

/** The events are JSON already: put together, not parsed and written again. */
function bodyOf(
  { epoch, events }: EventBatch,
  hubNowMs: number,
  offsetMs: number | undefined,
): Uint8Array {
  const list = events.map(({ json }) => json).join(',');
  const clockOffsetMs = offsetMs === undefined ? 'null' : offsetMs.toFixed(3);
  return new TextEncoder().encode(
    `{"type":"base.events","timestamp":"${toInstant(hubNowMs)}","data":` +
      `{"epoch":"${epoch}","clockOffsetMs":${clockOffsetMs},"events":[${list}]}}`,
  );
}

function outcomeOf(answer: HubAnswer): SendOutcome {
  const json = parseJson(answer.text);
  if (answer.status === 200) {
    const receipt = BatchReceipt.safeParse(json);
    // A 200 that is no receipt comes from something that is not our hub: nothing is settled.
    return receipt.success
      ? { kind: 'settled', refused: receipt.data.refused }
      : { kind: 'later', code: 'internal' };
  }
  const code = Problem.safeParse(json).data?.code ?? codeOf(answer.status);
  if (isWrong(answer.status, code)) return { kind: 'wrong', code };
  const afterMs = retryAfterOf(answer.retryAfter);
  return { kind: 'later', code, ...(afterMs === undefined ? {} : { afterMs }) };
}

/**
 * Only what the hub says of the body condemns a batch. Who we are (401, 403,
 * 404) is no fault of the events: they wait until that is put right.
 */
function isWrong(status: number, code: ErrorCode): boolean {
  const isAboutBody = status === 400 || status === 413 || status === 415 || status === 422;
  return isAboutBody && !errorEntry(code).retryable;
}

function codeOf(status: number): ErrorCode {
  if (status === 413) return 'body_too_large';
  if (status === 429) return 'rate_limited';
  return status >= 400 && status < 500 ? 'bad_request' : 'internal';
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms)) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
