import { memo, useId, useState } from 'react';
import { Link } from 'wouter';
import type { Readable } from '#client/cell.ts';
import { HubAge } from '../../components/hub-age.tsx';
import { useSite } from '../../components/services.ts';
import { Signal } from '../../components/signal.tsx';
import { useReadable } from '../../components/use-readable.ts';
import { timeOfDayText } from '../../format/time-text.ts';
import type { ActivityRow } from '../../state/activity-groups.ts';
import { type ActivityLine, lineOf, notesOf, partsOf, stepsOf } from './activity-line.ts';
import './activity-list.css';

/** Parts of one row that are listed when it is opened. */
const MAX_STEPS = 50;

const ENDED: Readable<undefined> = { get: () => undefined, subscribe: () => () => undefined };

interface ActivityListProps {
  readonly rows: readonly ActivityRow[];
  /** They are all about one thing, which the reader knows. */
  readonly isOfOne?: boolean;
}

/** Rows of the activity; only those near the screen cost anything to draw. */
export function ActivityList({ rows, isOfOne = false }: ActivityListProps) {
  return (
    <ol className="plain-list">
      {rows.map((row) => (
        <Row key={row.key} row={row} isOfOne={isOfOne} />
      ))}
    </ol>
  );
}

/** Equal events render equally; the row itself follows names and progress. */
const Row = memo(DrawnRow, ({ row: a }, { row: b }) => {
  return a.key === b.key && a.last.rev === b.last.rev && a.events.length === b.events.length;
});

function DrawnRow({ row, isOfOne }: { readonly row: ActivityRow; readonly isOfOne: boolean }) {
  const { store } = useSite();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const command = row.commands.at(-1);
  // While it has not ended, the page may know more of it than the events do.
  useReadable(command && !command.ended ? store.commands.at(command.id) : ENDED);
  useReadable(store.units.keys);
  const line = lineOf(store, row);
  const parts = partsOf(row);
  return (
    <li className="activity-row">
      <Line line={line} notes={notesOf(row)} {...(isOfOne ? { known: { who: line.who } } : {})} />
      {parts < 2 ? null : (
        <button
          type="button"
          className="activity-more"
          aria-expanded={isOpen}
          aria-controls={id}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Hide' : `Show ${parts === 2 ? 'both' : `all ${parts}`}`}
          <span className="visually-hidden"> of {line.who}</span>
        </button>
      )}
      {isOpen ? (
        <ol id={id} className="plain-list activity-steps">
          {stepsOf(store, row, MAX_STEPS).map((step, index) => (
            <li key={parts - index}>
              <Line line={step} notes={[]} known={line} />
            </li>
          ))}
          {parts > MAX_STEPS ? (
            <li className="soft small">The newest {MAX_STEPS} of them.</li>
          ) : null}
        </ol>
      ) : null}
    </li>
  );
}

interface LineProps {
  readonly line: ActivityLine;
  readonly notes: readonly string[];
  /** What the reader knows already, and need not read again. */
  readonly known?: Partial<Pick<ActivityLine, 'who' | 'by'>>;
}

function Line({ line, notes, known }: LineProps) {
  const { who, whoHref, what, whatHref, signal, reason, code, by, atMs } = line;
  const offsetMs = useReadable(useSite().store.clockOffsetMs);
  return (
    <div className="activity-line">
      <p className="activity-said">
        {known?.who === who ? null : (
          <>
            <strong>
              {whoHref === undefined ? who : <PlainLink href={whoHref}>{who}</PlainLink>}
            </strong>{' '}
          </>
        )}
        {whatHref === undefined ? what : <PlainLink href={whatHref}>{what}</PlainLink>}
      </p>
      {signal === undefined ? null : (
        <span className="activity-signal">
          <Signal tone={signal.tone} word={signal.word} />
        </span>
      )}
      <p className="activity-about">
        <span className="number">
          <HubAge atMs={atMs} />, {timeOfDayText(atMs - offsetMs)}
        </span>
        {known?.by === by || by === `base ${who}` ? null : <span>by {by}</span>}
        {notes.map((note) => (
          <span key={note} className="activity-count number">
            {note}
          </span>
        ))}
      </p>
      {code === undefined ? null : (
        <p className="activity-why">
          {reason} <span className="code">{code}</span>
        </p>
      )}
    </div>
  );
}

function PlainLink({ href, children }: { readonly href: string; readonly children: string }) {
  return (
    <Link href={href} className="plain">
      {children}
    </Link>
  );
}
