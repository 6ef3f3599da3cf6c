import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { StreamNotRecovered, StreamOpened } from '#protocol/http/event-stream.ts';
import type { Epoch } from '#protocol/ids.ts';
import { type FollowedStreamDeps, followStream } from './followed-stream.ts';

/** Position to begin behind. */
export interface StreamPosition {
  readonly epoch: Epoch;
  readonly position: number;
}

/** What a stream of a site says of itself, between what it brings. */
export type LinkNews =
  /** Open without a gap: at first, and after each cut. */
  | ({ readonly type: 'opened' } & z.infer<typeof StreamOpened>)
  /** Something is missing; the stream continues behind `next`. */
  | ({ readonly type: 'gap' } & z.infer<typeof StreamNotRecovered>)
  /** Cut; it is opened again after the wait. */
  | { readonly type: 'waiting'; readonly error: AppError; readonly delayMs: number }
  /** Of a hub that is newer than this client. */
  | { readonly type: 'unknown'; readonly event: string; readonly data: unknown };

/**
 * The messages of a stream of a site, as news.
 *
 * @param parse undefined: this client does not know such a message
 */
export async function* streamNews<T>(
  deps: FollowedStreamDeps,
  parse: (event: string, data: unknown) => T | undefined,
): AsyncGenerator<T | LinkNews> {
  for await (const news of followStream(deps)) {
    if (news.kind === 'waiting') {
      yield { type: 'waiting', error: news.error, delayMs: news.delayMs };
      continue;
    }
    const { event, data: text } = news.message;
    if (text === undefined) continue;
    const data = parsed(text);
    switch (event) {
      case 'opened':
        yield { type: 'opened', ...known(StreamOpened, data) };
        break;
      case 'not-recovered':
        yield { type: 'gap', ...known(StreamNotRecovered, data) };
        break;
      case 'closed':
        // The end follows.
        break;
      default:
        yield parse(event, data) ?? { type: 'unknown', event, data };
    }
  }
}

export function lastEventId(position: StreamPosition | undefined): string | undefined {
  return position && `${position.epoch}/${position.position}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('hub_answer_foreign', { cause });
  }
}

function known<T extends z.ZodType>(schema: T, data: unknown): z.infer<T> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new AppError('hub_answer_foreign', { cause: result.error });
}
