import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import { viewWish } from '../state/wish-view.ts';
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
import './wish-note.css';

interface WishNoteProps {
  readonly unit: UnitView;
  readonly name: string;
  readonly property: PropertyHandle;
}

/** Most wishes come true sooner than this; the control itself is drawn as wanted meanwhile. */
export const SHOWN_AFTER_MS = 600;

/** Something is wanted that the unit has not reported: what, since when, and how far it has come. */
export function WishNote({ unit, name, property }: WishNoteProps) {
  const { store } = useSite();
  const { wanted } = property;
  if (!wanted) return null;
  return (
    <Wish
      key={wanted.commandId}
      unit={unit}
      name={name}
      property={property}
      wanted={wanted}
      delayMs={SHOWN_AFTER_MS - (store.hubNow() - wanted.sinceMs)}
    />
  );
}

interface WishProps extends WishNoteProps {
  readonly wanted: NonNullable<PropertyHandle['wanted']>;
  readonly delayMs: number;
}

function Wish({ unit, name, property, wanted, delayMs }: WishProps) {
  const { store, commander } = useSite();
  const base = useReadable(store.bases.at(unit.baseId));
  const id = wanted.commandId;
  const record = useReadable(store.commands.at(id));
  const { busy, code, run } = useAction();
  if (!useLater(delayMs)) return null;
  const { schema, reported } = property;
  const title = schema?.title ?? name;
  const view = viewWish(record?.command, base?.presence.state, schema);
  return (
    <div className="wish" data-controls role="group" aria-label={`${title}: requested`}>
      <SignalShape tone={view.tone} />
      <div>
        <p className="wish-what">
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
        <p className="wish-how">
          <Link href={`/commands/${id}`}>{view.text}</Link> · <HubAge atMs={wanted.sinceMs} />
        </p>
      </div>
      {view.mayCancel && !property.locked ? (
        <Button
          variant="default"
          size="compact"
          loading={busy}
          aria-label={`Cancel: ${title}`}
          onClick={() => run(() => commander.cancel(id))}
        >
          Cancel
        </Button>
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
    </div>
  );
}
