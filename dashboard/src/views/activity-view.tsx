import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { EmptyNote } from '../components/empty-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { SearchIcon } from '../components/icons.tsx';
import { useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { TextField } from '../components/text-field.tsx';
import { useReadable } from '../components/use-readable.ts';
import type { ActivityEntry } from '../state/activity.ts';
import { type ActivityRow, rowOf } from './activity-row.ts';
import { StatusLine } from './status-line.tsx';
import './activity-view.css';

const KINDS = [
  { kind: 'all', label: 'All' },
  { kind: 'command', label: 'Commands' },
  { kind: 'presence', label: 'Presence' },
  { kind: 'event', label: 'Events' },
  { kind: 'gap', label: 'Gaps' },
] as const;
type Kind = (typeof KINDS)[number]['kind'];

/** What happened at the site: recent commands, and all that was seen since this page is open. */
export function ActivityView() {
  const { store } = useSite();
  const activity = useReadable(store.activity);
  const units = useReadable(store.units.keys);
  const [kind, setKind] = useState<Kind>('all');
  const [query, setQuery] = useState('');
  useEffect(() => {
    document.title = 'Activity · Signalbox';
  }, []);
  const rows = useMemo(() => {
    const words = query.toLowerCase();
    return activity
      .filter((entry) => isOfKind(entry, kind))
      .map((entry) => rowOf(store, entry))
      .filter((row) => row.words.toLowerCase().includes(words));
    // Names come from the units, so a new unit may name an entry.
  }, [activity, kind, query, store, units]);
  return (
    <div className="view">
      <div className="row-wrap spread">
        <h1>Activity</h1>
        <StatusLine />
      </div>
      <div className="row-wrap spread">
        <div className="activity-kinds" role="group" aria-label="Kind">
          {KINDS.map(({ kind: each, label }) => (
            <button
              key={each}
              type="button"
              aria-pressed={kind === each}
              onClick={() => setKind(each)}
            >
              {label}
            </button>
          ))}
        </div>
        <TextField
          aria-label="Filter"
          placeholder="Filter"
          left={<SearchIcon size={18} />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      </div>
      {rows.length === 0 ? (
        <EmptyNote
          title="Nothing to show"
          text="Commands, presence changes, events and lost readings appear here as they happen."
        />
      ) : (
        <ol className="plain-list panel activity-list">
          {rows.map((row) => (
            <li key={row.key}>
              <Row row={row} />
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function isOfKind(entry: ActivityEntry, kind: Kind): boolean {
  if (kind === 'all') return true;
  if (kind === 'presence') return entry.kind === 'unit' || entry.kind === 'base';
  return entry.kind === kind;
}

function Row({ row }: { readonly row: ActivityRow }) {
  const content = (
    <>
      <span className="list-row-main">
        <strong>{row.who}</strong> {row.what}
        {row.code === undefined ? null : <span className="code"> {row.code}</span>}
      </span>
      <span className="list-row-end">
        <Signal tone={row.tone} word={row.word} reason={row.reason} />
        <HubAge atMs={row.atMs} />
      </span>
    </>
  );
  return row.href === undefined ? (
    <div className="list-row">{content}</div>
  ) : (
    <Link href={row.href} className="list-row">
      {content}
    </Link>
  );
}
