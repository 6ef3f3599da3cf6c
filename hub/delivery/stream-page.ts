import type { SiteEventsPage } from '#protocol/http/events.ts';
import type { Epoch } from '#protocol/ids.ts';
import type { ReadingsFound } from './reading-pages.ts';

/** Where a stream begins, or continues; without `after`: now. */
export interface StreamPlace {
  readonly epoch?: Epoch | undefined;
  readonly after?: number | undefined;
}

/** What a stream writes next. */
export interface StreamPage extends Pick<SiteEventsPage, 'epoch' | 'rev' | 'readings' | 'reason'> {
  readonly recovered: boolean;
  /** The newest position of what is streamed. */
  readonly head: number;
  readonly messages: readonly StreamMessage[];
  /** The place of the next page; null: there is none. */
  readonly next: number | null;
}

interface StreamMessage {
  /** Whoever resumes after it has all up to here. */
  readonly position: number;
  readonly type: string;
  readonly data: unknown;
}

/** Reads page after page, for one stream. */
export type StreamSource = (
  place: StreamPlace & { readonly limit?: number },
) => Promise<StreamPage>;

export function pageOfEvents(page: SiteEventsPage): StreamPage {
  const messages = page.events.map((event) => {
    return { position: event.rev, type: event.type, data: event };
  });
  return { ...page, head: page.rev, messages };
}

export function pageOfReadings(page: ReadingsFound): StreamPage {
  const { epoch, rev, position: head, recovered, reason, batches, next } = page;
  const messages = batches.map((batch, index) => {
    // Only the last of a position moves on: who is cut off in between gets all of them again.
    const isLast = batches[index + 1]?.position !== batch.position;
    const position = isLast ? batch.position : batch.position - 1;
    return { position, type: 'readings', data: batch };
  });
  const why = reason === undefined ? {} : { reason };
  return { ...{ epoch, rev, readings: head, head, recovered, messages, next }, ...why };
}
