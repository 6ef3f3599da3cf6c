import { inPresentVersion } from '#protocol/events/event-versions.ts';
import { SiteEvent, type SiteEventType } from '#protocol/events/site-event.ts';
import type { SiteEventsQuery } from '#protocol/http/events.ts';
import { ReadingsBatch, type SiteReadingsQuery } from '#protocol/http/readings.ts';
import type { SiteId } from '#protocol/ids.ts';
import { Json } from '#protocol/json.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import type { Clock } from './clock.ts';
import type { HttpClient } from './http-client.ts';
import { lastEventId, type LinkNews, streamNews } from './stream-news.ts';
import { z } from 'zod';

/** What a site's stream of events brings. */
export type SiteNews = SiteEvent | LinkNews;

/** What its stream of readings brings. */
export type ReadingsNews = ({ readonly type: 'readings' } & ReadingsBatch) | LinkNews;

export interface EventsToFollow extends Readonly<
  Partial<Pick<SiteEventsQuery, 'unit' | 'base' | 'person' | 'actor' | 'outcome'>>
> {
  readonly types?: readonly SiteEventType[];
  /** The last event that is known; without it the stream begins now. */
  readonly after?: Pick<SiteCursor, 'epoch' | 'rev'>;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

export interface ReadingsToFollow extends Readonly<
  Partial<Pick<SiteReadingsQuery, 'unit' | 'property'>>
> {
  /** The last position that is known; without it the stream begins now. */
  readonly after?: Pick<ReadingsBatch, 'epoch' | 'position'>;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
}

export interface SiteStreamsDeps {
  readonly http: Pick<HttpClient, 'stream'>;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** The events of a site as they are stored, without an end. */
export function followEvents(
  deps: SiteStreamsDeps,
  site: SiteId,
  { types, after, signal, ...filter }: EventsToFollow,
): AsyncGenerator<SiteNews> {
  const stream = {
    ...deps,
    path: `/api/sites/${site}/events`,
    query: { ...filter, type: types?.join(',') },
    lastEventId: lastEventId(after && { epoch: after.epoch, position: after.rev }),
    signal,
  };
  return streamNews(stream, (_name, data) => knownEvent(data));
}

/** The readings of a site as they are stored, without an end. */
export function followReadings(
  deps: SiteStreamsDeps,
  site: SiteId,
  { after, signal, ...filter }: ReadingsToFollow,
): AsyncGenerator<ReadingsNews> {
  const stream = {
    ...deps,
    path: `/api/sites/${site}/readings`,
    query: filter,
    lastEventId: lastEventId(after),
    signal,
  };
  return streamNews(stream, (name, data) => {
    const batch = name === 'readings' ? ReadingsBatch.safeParse(data).data : undefined;
    return batch && { type: 'readings' as const, ...batch };
  });
}

const Versioned = z.looseObject({ type: z.string(), v: z.int().positive(), data: Json });

/**
 * An event of this hub, or of an earlier one, whose data is brought to the present version;
 * undefined for what only a later hub knows.
 */
function knownEvent(data: unknown): SiteEvent | undefined {
  const present = SiteEvent.safeParse(data);
  if (present.success) return present.data;
  const earlier = Versioned.safeParse(data).data;
  return (
    earlier && SiteEvent.safeParse({ ...earlier, ...inPresentVersion(earlier.type, earlier) }).data
  );
}
