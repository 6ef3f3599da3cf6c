import { sign, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { AppError, type ErrorCode, errorEntry } from '#protocol/errors.ts';
import { parseProblem } from '#protocol/http/problem.ts';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import { type BaseId, EventId, newId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { signWebhook, type WebhookSigner } from '#protocol/webhook/standard-webhooks.ts';
import type { ClockOffset } from './clock-offset.ts';
import type { EventBatch, EventSender, SendOutcome } from '../outbox/event-sender.ts';
import { type HubAnswer, type HubHttp, isTimeout } from './hub-http.ts';

export interface WebhookSenderDeps {
  readonly baseId: BaseId;
  readonly privateKey: KeyObject;
  readonly http: Pick<HubHttp, 'post'>;
  readonly offset: ClockOffset;
  /** What the hub's clock was ahead of an earlier one; undefined: not known, or it is that of now. */
  readonly earlierOffsetMs: (clock: number) => number | undefined;
  readonly log: Logger;
}

const MAX_RETRY_AFTER_MS = 3_600_000;
/** Upper bound of a wait requested by something other than the hub. */
const MAX_FOREIGN_RETRY_AFTER_MS = 60_000;

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
      const path = `/api/webhooks/bases/${baseId}`;
      const answer = await http.post(path, { body, headers }, batch.sentBy ?? 'results');
      const outcome = outcomeOf(answer, batch.events);
      const isSkewed = outcome.kind === 'later' && outcome.code === 'webhook_timestamp_invalid';
      if (isSkewed && answer.dateMs !== undefined) offset.learnFrom(answer.dateMs);
      return outcome;
    } catch (error) {
      log.debug(
        { err: error, sentBy: batch.sentBy, events: batch.events.length, bytes: body.length },
        'webhook failed',
      );
      const timedOut = isTimeout(error) ? { isTimeout: true as const } : {};
      const code = error instanceof AppError ? error.code : 'hub_unreachable';
      return { kind: 'later', code, ...timedOut };
    }
  };
}

/** The events are JSON already: put together, not parsed and written again. */
function bodyOf(
  { epoch, settled, events }: EventBatch,
  hubNowMs: number,
  offsetMs: number | undefined,
): Uint8Array {
  const list = events.map(({ json }) => json).join(',');
  const place = settled === undefined ? '' : `"settled":${JSON.stringify(settled)},`;
  const clockOffsetMs = offsetMs === undefined ? 'null' : offsetMs.toFixed(3);
  return new TextEncoder().encode(
    `{"type":"base.events","timestamp":"${toInstant(hubNowMs)}","data":` +
      `{"epoch":"${epoch}","run":"${events[0]?.run ?? epoch}",${place}"clockOffsetMs":${clockOffsetMs},"events":[${list}]}}`,
  );
}

function outcomeOf(answer: HubAnswer, events: EventBatch['events']): SendOutcome {
  if (answer.status === 200) {
    const refused = refusedOf(answer.text, events);
    return refused ? { kind: 'settled', refused } : { kind: 'later', code: 'hub_answer_foreign' };
  }
  const afterMs = retryAfterOf(answer);
  const wait = afterMs === undefined ? {} : { afterMs };
  const code = parseProblem(answer)?.code;
  if (code === undefined) {
    const foreignMs = Math.min(afterMs ?? 0, MAX_FOREIGN_RETRY_AFTER_MS);
    const wait = foreignMs > 0 ? { afterMs: foreignMs } : {};
    return { kind: 'later', code: 'hub_answer_foreign', ...wait };
  }
  return isWrong(code) ? { kind: 'wrong', code } : { kind: 'later', code, ...wait };
}

/**
 * A batch is rejected only by the hub's verdict on its body, which it gives after
 * verifying the signature. Failed authentication (401, 403, 404) is not the events'
 * fault: they wait until that is fixed.
 */
function isWrong(code: ErrorCode): boolean {
  const { http, retryable } = errorEntry(code);
  return !retryable && (http === 400 || http === 413 || http === 415 || http === 422);
}

/**
 * What a receipt refuses; undefined where it is none of this batch: it must
 * account for each of its events, and for none that was not sent.
 */
function refusedOf(
  text: string,
  events: EventBatch['events'],
): BatchReceipt['refused'] | undefined {
  const receipt = BatchReceipt.safeParse(parseJson(text)).data;
  if (!receipt) return undefined;
  const { accepted, duplicates, refused } = receipt;
  const sent = new Set(events.map(({ seq }) => seq));
  // Each once: refused events are removed.
  const areOurs = refused.every(({ seq }) => sent.delete(seq));
  return areOurs && accepted + duplicates === sent.size ? refused : undefined;
}

/** RFC 9110 section 10.2.3: seconds, or a date on the clock of who answers. */
function retryAfterOf({ retryAfter: header, dateMs }: HubAnswer): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header)
    ? Number(header) * 1_000
    : Date.parse(header) - (dateMs ?? Date.now());
  return Number.isFinite(ms) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms)) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
