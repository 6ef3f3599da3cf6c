import { useEffect, useMemo } from 'react';
import type { UnitId } from '#protocol/ids.ts';
import { type FetchedWindow, type History, HistoryFeed } from '../state/history-feed.ts';
import { useServices, useSite } from './services.ts';
import { useReadable } from './use-readable.ts';

/** The history of a property in a window, for as long as it is on screen. */
export function useHistory(unitId: UnitId, property: string, window: FetchedWindow): History {
  const { siteApi, clock } = useServices();
  const { store } = useSite();
  const feed = useMemo(
    () => new HistoryFeed({ api: siteApi, store, clock, unitId, property }),
    [siteApi, store, clock, unitId, property],
  );
  useEffect(() => {
    feed.open();
    return () => feed.close();
  }, [feed]);
  const { fromMs, toMs } = window;
  useEffect(() => feed.show({ fromMs, toMs }), [feed, fromMs, toMs]);
  return useReadable(feed.state);
}
