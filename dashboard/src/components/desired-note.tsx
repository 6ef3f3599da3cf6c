import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import { viewDesired } from '../state/desired-view.ts';
import { Button } from './button.tsx';
import { ErrorNote } from './error-note.tsx';
import { HubAge } from './hub-age.tsx';
import { useSite } from './services.ts';
import { SignalShape } from './signal.tsx';
import { useAction } from './use-action.ts';
import { useLater } from './use-later.ts';
import type { PropertyHandle } from './use-property.ts';
import { useReadable } from './use-readable.ts';
import { ValueText } from './value-text.tsx';
import './desired-note.css';

interface DesiredNoteProps {
  readonly unit: UnitView;
  readonly name: string;
  readonly property: PropertyHandle;
}

/** Most desired values are reported sooner than this; the control itself is drawn as wanted meanwhile. */
export const SHOWN_AFTER_MS = 600;

/** Something is wanted that the unit has not reported: what, since when, and how far it has come. */
export function DesiredNote({ unit, name, property }: DesiredNoteProps) {
  const { store } = useSite();
  const { wanted } = property;
  if (!wanted) return null;
  return (
    <DesiredValue
      key={wanted.commandId}
      unit={unit}
      name={name}
      property={property}
      wanted={wanted}
      delayMs={SHOWN_AFTER_MS - (store.hubNow() - wanted.sinceMs)}
    />
  );
}

interface DesiredProps extends DesiredNoteProps {
  readonly wanted: NonNullable<PropertyHandle['wanted']>;
  readonly delayMs: number;
}

function DesiredValue({ unit, name, property, wanted, delayMs }: DesiredProps) {
  const { store, commandClient } = useSite();
  const base = useReadable(store.bases.at(unit.baseId));
  const id = wanted.commandId;
  const record = useReadable(store.commands.at(id));
  const { busy, code, run } = useAction();
  if (!useLater(delayMs)) return null;
  const { schema, reported } = property;
  const title = schema?.title ?? name;
  const view = viewDesired(record?.command, base?.presence.state, schema);
  return (
    <div className="desired" data-controls role="group" aria-label={`${title}: requested`}>
      <SignalShape tone={view.tone} />
      <div>
        <p className="desired-what">
          {title}: requested{' '}
          <strong>
            <ValueText schema={schema} value={wanted.value} />
          </strong>
          {schema?.writeOnly ? null : reported === undefined ? (
            ', never reported'
          ) : (
            <>
              , reported <ValueText schema={schema} value={reported} />
            </>
          )}
        </p>
        <p className="desired-how">
          <span className="desired-text" title={view.text}>
            {view.text}
          </span>
          <Link href={`/commands/${id}`}>Details</Link>
          <HubAge atMs={wanted.sinceMs} />
        </p>
      </div>
      {view.mayCancel && !property.locked ? (
        <Button
          variant="default"
          size="compact"
          loading={busy}
          aria-label={`Cancel: ${title}`}
          onClick={() => run(() => commandClient.cancel(id))}
        >
          Cancel
        </Button>
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
    </div>
  );
}
