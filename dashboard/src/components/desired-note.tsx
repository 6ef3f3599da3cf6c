import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import { viewDesired } from '../state/desired-view.ts';
import { Button } from './button.tsx';
import { ErrorNote } from './error-note.tsx';
import { HubAge } from './hub-age.tsx';
import { IconButton } from './icon-button.tsx';
import { CloseIcon } from './icons.tsx';
import { useSite } from './services.ts';
import { SignalShape } from './signal.tsx';
import { useAction } from './use-action.ts';
import { useLater } from './use-later.ts';
import type { PropertyHandle } from './use-property.ts';
import { carrierOf } from '../state/carrier.ts';
import { useBaseOf } from './use-base-of.ts';
import { useReadable } from './use-readable.ts';
import { ValueText } from './value-text.tsx';
import './desired-note.css';

interface DesiredNoteProps {
  readonly unit: UnitView;
  readonly name: string;
  readonly property: PropertyHandle;
  /** In a tile, which has little room: where it is stands at the tile's foot, and all of it behind the link. */
  readonly compact?: boolean;
}

/** Most desired values are reported sooner than this; the control itself is drawn as wanted meanwhile. */
export const SHOWN_AFTER_MS = 600;

/** Something is wanted that the unit has not reported: what, since when, and how far it has come. */
export function DesiredNote({ unit, name, property, compact = false }: DesiredNoteProps) {
  const { store } = useSite();
  const { wanted } = property;
  if (!wanted) return null;
  return (
    <DesiredValue
      key={wanted.commandId}
      unit={unit}
      name={name}
      property={property}
      compact={compact}
      wanted={wanted}
      delayMs={SHOWN_AFTER_MS - (store.hubNow() - wanted.sinceMs)}
    />
  );
}

interface DesiredProps extends DesiredNoteProps {
  readonly wanted: NonNullable<PropertyHandle['wanted']>;
  readonly delayMs: number;
}

function DesiredValue({ unit, name, property, compact, wanted, delayMs }: DesiredProps) {
  const { store, commandClient } = useSite();
  const carrier = carrierOf(unit.endpoint, useBaseOf(unit));
  const id = wanted.commandId;
  const record = useReadable(store.commands.at(id));
  const { busy, code, run } = useAction();
  if (!useLater(delayMs)) return null;
  const cancel = () => run(() => commandClient.cancel(id));
  const { schema, reported } = property;
  const title = schema?.title ?? name;
  const view = viewDesired(record?.command, carrier?.presence.state, schema);
  return (
    <div className="desired" data-controls role="group" aria-label={`${title}: requested`}>
      <SignalShape tone={view.tone} />
      <div>
        <p className="desired-what">
          {title}: requested{' '}
          <strong>
            <ValueText schema={schema} value={wanted.value} />
          </strong>
          {compact || schema?.writeOnly ? null : (
            <>
              , <Reported schema={schema} value={reported} />
            </>
          )}
        </p>
        <p className="desired-how">
          <span className="desired-text" title={view.text}>
            {compact && !schema?.writeOnly ? (
              <Reported schema={schema} value={reported} />
            ) : (
              view.text
            )}
          </span>
          <Link href={`/commands/${id}`}>Details</Link>
          <HubAge atMs={wanted.sinceMs} />
        </p>
      </div>
      {view.mayCancel && !property.locked ? (
        compact ? (
          <IconButton aria-label={`Cancel: ${title}`} disabled={busy} onClick={cancel}>
            <CloseIcon size={16} />
          </IconButton>
        ) : (
          <Button
            variant="default"
            size="compact"
            loading={busy}
            aria-label={`Cancel: ${title}`}
            onClick={cancel}
          >
            Cancel
          </Button>
        )
      ) : null}
      {code === undefined ? null : <ErrorNote code={code} />}
    </div>
  );
}

function Reported({
  schema,
  value,
}: Pick<PropertyHandle, 'schema'> & { readonly value: PropertyHandle['reported'] }) {
  if (value === undefined) return 'never reported';
  return (
    <>
      reported <ValueText schema={schema} value={value} />
    </>
  );
}
