import { useEffect, useMemo } from 'react';
import { topicsPath } from '#client/topic-api.ts';
import { useServices, useSite } from '../../components/services.ts';
import { TopicFeed } from '../../state/topic-feed.ts';

/** Follows the topics of the site while the page is on screen, all or those under one. */
export function useTopicFeed(under?: string): TopicFeed {
  const { clock } = useServices();
  const { siteId } = useSite();
  const feed = useMemo(
    () =>
      new TopicFeed({
        open: () => new EventSource(topicsPath(siteId, under)),
        nowMs: () => clock.nowMs(),
      }),
    [clock, siteId, under],
  );
  useEffect(() => {
    feed.start();
    return feed.stop;
  }, [feed]);
  return feed;
}
