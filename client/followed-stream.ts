import { AppError, errorEntry } from '#protocol/errors.ts';
import { EVENT_STREAM } from '#protocol/http/event-stream.ts';
import type { Clock } from './clock.ts';
import { fullJitter } from './full-jitter.ts';
import { asAppError, type HttpClient, type HttpRequest } from './http-client.ts';
import { pause } from './pause.ts';
import { retryAfterMsOf } from './retry-after.ts';
import { StreamDecoder, type StreamMessage } from './stream-decoder.ts';

/** What a follower of a stream learns. */
export type StreamNews =
  | { readonly kind: 'message'; readonly message: StreamMessage }
  /** The stream is cut; it is opened again after the wait, behind the last message. */
  | { readonly kind: 'waiting'; readonly error: AppError; readonly delayMs: number };

export interface FollowedStreamDeps {
  readonly http: Pick<HttpClient, 'stream'>;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly path: string;
  readonly query: NonNullable<HttpRequest['query']>;
  /** Position to begin behind; undefined: now. */
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The hub sends a comment every 15 s: after this silence the connection is dead. */
const MAX_SILENCE_MS = 45_000;
/** One that lasted this long resets the back-off. */
const STABLE_AFTER_MS = 10_000;

/**
 * Server-sent events without end: opened again after each cut, with full jitter, behind the
 * last message. Ends when the signal is aborted; nothing is read ahead of who reads here.
 *
 * @throws AppError where trying again cannot help.
 */
export async function* followStream(deps: FollowedStreamDeps): AsyncGenerator<StreamNews> {
  const { clock, random, signal } = deps;
  const position = { id: deps.lastEventId };
  let attempts = 0;
  let retryMs = 0;
  while (signal?.aborted !== true) {
    const openedAtMs = clock.nowMs();
    let error = new AppError('hub_unreachable');
    try {
      for await (const message of readOnce(deps, position.id)) {
        position.id = message.id ?? position.id;
        retryMs = message.retryMs ?? retryMs;
        yield { kind: 'message', message };
      }
    } catch (thrown) {
      error = asAppError(thrown);
    }
    if (isOver(signal)) return;
    if (!errorEntry(error.code).retryable) throw error;
    if (clock.nowMs() - openedAtMs >= STABLE_AFTER_MS) attempts = 0;
    const delayMs = Math.max(retryMs, retryAfterMsOf(error)) + fullJitter(attempts, random);
    attempts += 1;
    retryMs = 0;
    yield { kind: 'waiting', error, delayMs };
    await pause(clock, delayMs, signal);
  }
}

/** Asked again after each wait: it may have been aborted meanwhile. */
function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

async function* readOnce(
  { http, clock, path, query, signal }: FollowedStreamDeps,
  lastEventId: string | undefined,
): AsyncGenerator<StreamMessage> {
  const cut = new AbortController();
  const body = await http.stream({
    path,
    query,
    headers: {
      accept: EVENT_STREAM,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: signal ? AbortSignal.any([signal, cut.signal]) : cut.signal,
  });
  const reader = body.getReader();
  const decoder = new StreamDecoder();
  const text = new TextDecoder();
  try {
    for (;;) {
      const cancel = clock.after(MAX_SILENCE_MS, () => cut.abort());
      const { done, value } = await reader.read().finally(cancel);
      if (done) return;
      yield* decoder.push(text.decode(value, { stream: true }));
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('hub_unreachable', { cause });
  } finally {
    cut.abort();
    // Whoever goes before the end leaves no connection behind.
    await reader.cancel().catch(() => undefined);
  }
}
