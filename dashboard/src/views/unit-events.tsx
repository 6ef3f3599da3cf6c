import type { UnitView } from '#protocol/http/units.ts';
import { HubAge } from '../components/hub-age.tsx';
import { useSite } from '../components/services.ts';
import { useReadable } from '../components/use-readable.ts';
import { own } from '../state/own.ts';

const SHOWN = 8;

/** What the unit can tell by itself, and what it told since this page is open. */
export function UnitEvents({ unit }: { readonly unit: UnitView }) {
  const activity = useReadable(useSite().store.activity);
  const events = Object.entries(unit.description?.events ?? {});
  if (events.length === 0) return null;
  const titleOf = (name: string) => own(unit.description?.events, name)?.title ?? name;
  const seen = activity
    .filter((entry) => entry.kind === 'event' && entry.unitId === unit.id)
    .slice(0, SHOWN);
  return (
    <section className="panel stack-tight" aria-label="Events">
      <h2>Events</h2>
      {seen.length === 0 ? (
        <p className="soft small">
          None since you opened this page. Events of this unit:{' '}
          {events.map(([name]) => titleOf(name)).join(', ')}.
        </p>
      ) : (
        <ul className="plain-list" aria-live="polite">
          {seen.map((entry) =>
            entry.kind === 'event' ? (
              <li key={entry.key} className="list-row">
                <span className="list-row-main">
                  {titleOf(entry.event)}
                  {entry.data === undefined ? null : <code> {JSON.stringify(entry.data)}</code>}
                </span>
                <span className="list-row-end">
                  <HubAge atMs={entry.atMs} />
                </span>
              </li>
            ) : null,
          )}
        </ul>
      )}
    </section>
  );
}
