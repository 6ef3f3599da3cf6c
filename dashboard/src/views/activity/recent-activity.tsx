import { useMemo } from 'react';
import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import { SITE_EVENT_TYPES } from '#protocol/events/site-event.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { groupEvents } from '../../state/activity-groups.ts';
import { ActivityList } from './activity-list.tsx';
import { useActivity } from './use-activity.ts';

const SHOWN = 6;
/** Enough for as many rows, also where some are of many events. */
const KEPT = 50;
/** Commands have a list of their own beside it. */
const TYPES = SITE_EVENT_TYPES.filter((type) => !type.startsWith('command.'));

/** What happened to a unit lately, besides its commands, and the way to all of it. */
export function RecentActivity({ unit }: { readonly unit: UnitView }) {
  const { id, description } = unit;
  const { state } = useActivity({
    filter: { unit: id, type: [...TYPES] },
    pageSize: KEPT,
    maxEvents: KEPT,
  });
  const rows = useMemo(() => groupEvents(state.events).slice(0, SHOWN), [state.events]);
  const own = Object.entries(description?.events ?? {}).map(([name, { title }]) => title ?? name);
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
        <p className="soft small">
          No events are kept.
          {own.length === 0 ? '' : ` This unit’s events: ${own.join(', ')}.`}
        </p>
      ) : null}
      <Link href={`/activity?unit=${id}`} className="touch activity-all">
        All activity of this unit
      </Link>
    </section>
  );
}
