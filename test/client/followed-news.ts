import type { SiteEvent } from '#protocol/events/site-event.ts';

interface News {
  readonly type: string;
}

/** What a stream brings, as it comes. */
export function follow<T extends News>(stream: AsyncIterable<T>) {
  const news: T[] = [];
  const end = (async () => {
    for await (const one of stream) news.push(one);
  })();
  // Awaited where a test expects it.
  end.catch(() => undefined);
  return {
    news,
    end,
    types: (): string[] => news.map(({ type }) => type),
    events: (): (T & SiteEvent)[] => news.filter(isEvent),
  };
}

function isEvent<T extends News>(one: T): one is T & SiteEvent {
  return 'rev' in one && 'actor' in one;
}
