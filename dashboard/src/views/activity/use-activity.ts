import { useEffect, useState } from 'react';
import { useSite } from '../../components/services.ts';
import { useReadable } from '../../components/use-readable.ts';
import type { ActivityFeed, ActivityFeedDeps, ActivityState } from '../../state/activity-feed.ts';

/** Stored events of the site while this is mounted. The filter of the first render counts. */
export function useActivity(wanted: Pick<ActivityFeedDeps, 'filter' | 'pageSize' | 'maxEvents'>): {
  readonly feed: ActivityFeed;
  readonly state: ActivityState;
} {
  const site = useSite();
  const [feed] = useState(() => site.activity(wanted));
  useEffect(() => {
    feed.open();
    return () => feed.close();
  }, [feed]);
  return { feed, state: useReadable(feed.state) };
}
