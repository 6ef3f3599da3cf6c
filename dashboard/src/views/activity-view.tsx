import { TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { errorEntry } from '#protocol/errors.ts';
import { EmptyNote } from '../components/empty-note.tsx';
import { HubAge } from '../components/hub-age.tsx';
import { SearchIcon } from '../components/icons.tsx';
import { useSite } from '../components/services.ts';
import { Signal } from '../components/signal.tsx';
import { useReadable } from '../components/use-readable.ts';
import { commandText } from '../format/command-text.ts';
import type { ActivityEntry } from '../state/activity.ts';
import { COMMAND_VIEWS } from '../state/command-view.ts';
import { viewBasePresence, viewUnitPresence } from '../state/presence-view.ts';
import type { SiteStore } from '../state/site-store.ts';
import { StatusLine } from './status-line.tsx';
import './activity-view.css';

const KINDS = [
  { kind: 'all', label: 'All' },
  { kind: 'command', label: 'Commands' },
  { kind: 'presence', label: 'Presence' },
  { kind: 'event', label: 'Events' },
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
      .filter((row) => `${row.who} ${row.what}`.toLowerCase().includes(words));
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
        <TextInput
          size="md"
          aria-label="Filter"
          placeholder="Filter"
          leftSection={<SearchIcon size={18} />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      </div>
      {rows.length === 0 ? (
        <EmptyNote
          title="Nothing to show"
          text="Commands, presence changes and events appear here as they happen."
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

interface ActivityRow {
  readonly key: string;
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly tone: Parameters<typeof Signal>[0]['tone'];
  readonly word: string;
  readonly reason?: string;
  readonly href?: string;
}

function rowOf(store: SiteStore, entry: ActivityEntry): ActivityRow {
  const { key, atMs } = entry;
  switch (entry.kind) {
    case 'command': {
      const unit = store.units.get(entry.unitId);
      const command = store.commands.get(entry.commandId)?.command;
      const view = COMMAND_VIEWS[entry.state];
      const what = command ? commandText(command, unit?.description ?? null) : entry.affordance;
      const reason = entry.code === undefined ? {} : { reason: errorEntry(entry.code).message };
      const href = `/commands/${entry.commandId}`;
      const who = unit?.name ?? 'Removed unit';
      return { key, atMs, who, what, tone: view.tone, word: view.word, href, ...reason };
    }
    case 'unit': {
      const unit = store.units.get(entry.unitId);
      const presence = { state: entry.state, since: '', lastContactAt: null };
      const base = unit && store.bases.get(unit.baseId);
      const { tone, word } = viewUnitPresence(
        { presence },
        base && { ...base, presence: { ...base.presence, state: 'online' } },
      );
      const who = unit?.name ?? 'Removed unit';
      const reason = entry.code === undefined ? {} : { reason: errorEntry(entry.code).message };
      return {
        key,
        atMs,
        who,
        what: 'Presence',
        tone,
        word,
        href: `/units/${entry.unitId}`,
        ...reason,
      };
    }
    case 'base': {
      const base = store.bases.get(entry.baseId);
      const presence = { state: entry.state, since: '', lastSeenAt: null };
      const { tone, word } = viewBasePresence({ presence });
      return { key, atMs, who: base?.name ?? 'Removed base', what: 'Base', tone, word };
    }
    case 'event': {
      const unit = store.units.get(entry.unitId);
      const title = unit?.description?.events[entry.event]?.title ?? entry.event;
      const who = unit?.name ?? 'Removed unit';
      const href = `/units/${entry.unitId}`;
      return { key, atMs, who, what: title, tone: 'proven', word: 'Event', href };
    }
    default:
      return entry satisfies never;
  }
}

function Row({ row }: { readonly row: ActivityRow }) {
  const content = (
    <>
      <span className="list-row-main">
        <strong>{row.who}</strong> {row.what}
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
