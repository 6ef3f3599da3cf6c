import { useMemo } from 'react';
import { Link } from 'wouter';
import type { EventsRequest } from '#client/site-api.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { groupEvents } from '../../state/activity-groups.ts';
import { ActivityList } from './activity-list.tsx';
import { useActivity } from './use-activity.ts';

const SHOWN = 6;
/** Enough for as many rows, also where some are of many events. */
const KEPT = 50;

interface RecentActivityProps {
  /** What of the site's events it is about: one thing. */
  readonly filter: EventsRequest;
  /** Where all of it is, and what that is called. */
  readonly href: string;
  readonly all: string;
  /** Said where there is nothing. */
  readonly nothing: string;
}

/** What happened to a thing lately, and the way to all of it. */
export function RecentActivity({ filter, href, all, nothing }: RecentActivityProps) {
  const { state } = useActivity({ filter, pageSize: KEPT, maxEvents: KEPT });
  const rows = useMemo(() => groupEvents(state.events).slice(0, SHOWN), [state.events]);
  return (
    <section
      className="panel stack-tight"
      aria-labelledby="recent-activity"
      aria-busy={state.phase === 'loading'}
    >
      <h2 id="recent-activity">Recent activity</h2>
      {state.code === undefined ? null : <ErrorNote code={state.code} />}
      {rows.length > 0 ? <ActivityList rows={rows} isOfOne /> : null}
      {rows.length === 0 && state.phase === 'ready' ? (
        <p className="soft small">{nothing}</p>
      ) : null}
      <Link href={href} className="touch activity-all">
        {all}
      </Link>
    </section>
  );
}
