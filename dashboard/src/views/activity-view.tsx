import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { ResumeFailure } from '#protocol/site-cursor.ts';
import { fromInstant } from '#protocol/json.ts';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { useServices, useSite } from '../components/services.ts';
import { Skeleton } from '../components/skeleton.tsx';
import { useReadable } from '../components/use-readable.ts';
import { dayText } from '../format/time-text.ts';
import type { ActivityState } from '../state/activity-feed.ts';
import {
  type ActivityFilter,
  filterOf,
  isFiltered,
  requestOf,
  searchOf,
} from '../state/activity-filter.ts';
import { type ActivityRow, groupEvents } from '../state/activity-groups.ts';
import { ActivityFilters } from './activity/activity-filters.tsx';
import { ActivityList } from './activity/activity-list.tsx';
import { useActivity } from './activity/use-activity.ts';
import { StatusLine } from './status-line.tsx';
import './activity-view.css';

/** The stored events of a site; the address holds the filter. */
export function ActivityView() {
  const search = useSearch();
  const [, navigate] = useLocation();
  const filter = useMemo(() => filterOf(new URLSearchParams(search)), [search]);
  useEffect(() => {
    document.title = 'Activity · Signalbox';
  }, []);
  const show = (next: ActivityFilter) => {
    const text = searchOf(next);
    navigate(text === '' ? '/activity' : `/activity?${text}`);
  };
  return (
    <div className="view">
      <div className="row-wrap spread">
        <h1>Activity</h1>
        <StatusLine />
      </div>
      <Filtered key={searchOf(filter)} filter={filter} onFilter={show} />
    </div>
  );
}

interface FilteredProps {
  readonly filter: ActivityFilter;
  readonly onFilter: (filter: ActivityFilter) => void;
}

function Filtered({ filter, onFilter }: FilteredProps) {
  const { feed, state } = useActivity({ filter: requestOf(filter) });
  const rows = useMemo(() => groupEvents(state.events), [state.events]);
  return (
    <>
      <ActivityFilters filter={filter} events={state.events} onChange={onFilter} />
      <Announcer added={state.added} />
      <Notes state={state} />
      {state.isAtNewest ? null : (
        <Button variant="default" onClick={() => feed.load()}>
          Back to the newest
        </Button>
      )}
      <Found state={state} rows={rows} isFiltered={isFiltered(filter)} onRetry={() => feed.load()}>
        <Button variant="default" onClick={() => onFilter({})}>
          Show everything
        </Button>
      </Found>
      {state.phase === 'ready' ? <Older state={state} onMore={() => feed.loadOlder()} /> : null}
    </>
  );
}

const MISSED: Readonly<Record<ResumeFailure, string>> = {
  epoch: 'The hub was restored from a backup. The list starts over.',
  expired:
    'Events expired while this page was away: they are kept for a week. The list starts over.',
  too_far: 'Too much happened while this page was away. The list starts over.',
};

/** What the reader has to know of the list as a whole. */
function Notes({ state: { missed, behind } }: { readonly state: ActivityState }) {
  const link = useReadable(useSite().channel.status);
  const notes = [
    missed === undefined ? undefined : MISSED[missed],
    link.kind === 'live' || link.kind === 'connecting'
      ? undefined
      : 'Not live: new events appear when the connection is back.',
  ].filter((text) => text !== undefined);
  return (
    <div role="status" className="stack-tight">
      {notes.map((text) => (
        <p key={text} className="activity-note">
          {text}
        </p>
      ))}
      {behind === undefined ? null : (
        <ErrorNote code={behind} lead="New events could not be loaded. Retrying automatically." />
      )}
    </div>
  );
}

interface FoundProps {
  readonly state: ActivityState;
  readonly rows: readonly ActivityRow[];
  readonly isFiltered: boolean;
  readonly onRetry: () => void;
  readonly children: ReactNode;
}

function Found({ state, rows, isFiltered: isPart, onRetry, children }: FoundProps) {
  if (state.phase === 'loading') {
    return (
      <div className="panel activity-panel" aria-busy="true">
        <p className="visually-hidden" role="status">
          Loading
        </p>
        {Array.from({ length: 6 }, (_, index) => (
          <div key={index} className="activity-skeleton">
            <Skeleton height="2.5rem" />
          </div>
        ))}
      </div>
    );
  }
  if (state.phase === 'failed' && state.code !== undefined) {
    return (
      <ErrorNote code={state.code} lead="The activity could not be loaded.">
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      </ErrorNote>
    );
  }
  if (rows.length > 0) return <Days rows={rows} floor={state.floor} />;
  // There may be something further back than was looked so far.
  if (state.older !== 'none') return null;
  return isPart ? (
    <EmptyNote title="No matching events" text="No stored event matches this filter.">
      {children}
    </EmptyNote>
  ) : (
    <EmptyNote
      title="Nothing has happened yet"
      text="Commands, presence changes, events and lost readings are listed here."
    />
  );
}

/** The rows by day; below the floor the list has gaps, and says so. */
function Days({ rows, floor }: Pick<FoundProps, 'rows'> & { readonly floor: number }) {
  const { clockOffsetMs } = useSite().store;
  const offsetMs = useReadable(clockOffsetMs);
  const nowMs = useServices().clock.nowMs();
  const days = useMemo(() => {
    const found: { key: string; text: string; isThinned: boolean; rows: ActivityRow[] }[] = [];
    for (const row of rows) {
      const isThinned = row.last.rev <= floor;
      const text = dayText(fromInstant(row.last.at) - offsetMs, nowMs);
      const day = found.at(-1);
      if (day?.text === text && day.isThinned === isThinned) day.rows.push(row);
      else found.push({ key: `${text} ${String(isThinned)}`, text, isThinned, rows: [row] });
    }
    return found;
    // A day has another name after midnight, with the next thing that happens.
  }, [rows, floor, offsetMs]);
  return days.map((day, index) => (
    <section key={day.key} className="stack-tight" aria-label={day.text}>
      {day.isThinned && days[index - 1]?.isThinned !== true ? (
        <p className="activity-note">
          Events are kept for a week; changes of the site, its members, bases and firmware for a
          year.
        </p>
      ) : null}
      <h2 className="activity-day">{day.text}</h2>
      <div className="panel activity-panel">
        <ActivityList rows={day.rows} />
      </div>
    </section>
  ));
}

interface OlderProps {
  readonly state: ActivityState;
  readonly onMore: () => void;
}

/** Loads older events when it comes on screen, and by its button. */
function Older({ state, onMore }: OlderProps) {
  const end = useRef<HTMLDivElement>(null);
  const { older, olderCode, events } = state;
  const mayLoad = older === 'more' && olderCode === undefined;
  useEffect(() => {
    const element = end.current;
    if (!element || !mayLoad || !('IntersectionObserver' in window)) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) onMore();
    });
    observer.observe(element);
    return () => observer.disconnect();
    // Seen again after each page: it may still be on screen.
  }, [mayLoad, events]);
  if (older === 'none') {
    return events.length === 0 ? null : <p className="activity-note">No older events.</p>;
  }
  return (
    <div ref={end} className="stack-tight">
      {olderCode === undefined ? null : (
        <ErrorNote code={olderCode} lead="Older events could not be loaded." />
      )}
      <Button variant="default" loading={older === 'loading'} onClick={onMore}>
        Load older
      </Button>
    </div>
  );
}

/** Announced at most this often. */
const ANNOUNCED_EVERY_MS = 10_000;

/** Announces politely how many events arrived, without details. */
function Announcer({ added }: { readonly added: number }) {
  const { clock } = useServices();
  const [said, setSaid] = useState({ count: 0, upTo: 0 });
  const isNews = added > said.upTo;
  useEffect(() => {
    if (!isNews) return;
    return clock.after(ANNOUNCED_EVERY_MS, () => {
      setSaid(({ upTo }) => ({ count: added - upTo, upTo: added }));
    });
    // The wait continues while more events arrive; the announcement has the total at its end.
  }, [clock, isNews, said]);
  return (
    <p role="status" className="visually-hidden">
      {said.count === 0 ? '' : `${said.count} new ${said.count === 1 ? 'event' : 'events'}`}
    </p>
  );
}
