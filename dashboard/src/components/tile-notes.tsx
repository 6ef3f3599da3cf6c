import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import { HubAge } from './hub-age.tsx';
import { RefusalNote } from './refusal-note.tsx';
import { useSite } from './services.ts';
import { SignalShape } from './signal.tsx';
import { useLater } from './use-later.ts';
import { type PropertyHandle, useProperty } from './use-property.ts';
import { SHOWN_AFTER_MS, DesiredNote } from './desired-note.tsx';

interface TileNotesProps {
  readonly unit: UnitView;
  readonly parts: readonly {
    readonly name: string | undefined;
    readonly property: PropertyHandle;
  }[];
}

/**
 * Requested and refused values, laid over the reported ones, so that the tile and its
 * row keep their height.
 */
export function TileNotes({ unit, parts }: TileNotesProps) {
  const named = parts.flatMap(({ name, property }) =>
    name === undefined ? [] : [{ name, property }],
  );
  const waiting = named.filter(({ property }) => property.wanted !== undefined);
  const [only] = waiting;
  return (
    <div className="tile-notes">
      {waiting.length > 1 ? <SeveralWaiting unit={unit} waiting={waiting} /> : null}
      {waiting.length === 1 && only ? (
        <DesiredNote unit={unit} name={only.name} property={only.property} compact />
      ) : null}
      {named.map(({ name, property }) =>
        property.refusal ? (
          <RefusalNote
            key={name}
            title={property.schema?.title ?? name}
            refusal={property.refusal}
            onDismiss={property.dismiss}
          />
        ) : null,
      )}
    </div>
  );
}

/** The notes of one property, for tiles that do not know beforehand how many they have. */
export function PropertyNotes({ unit, name }: { readonly unit: UnitView; readonly name: string }) {
  return <TileNotes unit={unit} parts={[{ name, property: useProperty(unit, name) }]} />;
}

interface SeveralWaitingProps {
  readonly unit: UnitView;
  readonly waiting: readonly { readonly name: string; readonly property: PropertyHandle }[];
}

/** The unit's page shows each of them, with its progress and a way to cancel it. */
function SeveralWaiting({ unit, waiting }: SeveralWaitingProps) {
  const { store } = useSite();
  const sinceMs = Math.min(...waiting.map(({ property }) => property.wanted?.sinceMs ?? Infinity));
  if (!useLater(SHOWN_AFTER_MS - (store.hubNow() - sinceMs))) return null;
  const titles = waiting.map(({ name, property }) => property.schema?.title ?? name).join(', ');
  return (
    <div className="desired" data-controls role="group" aria-label={`${titles}: requested`}>
      <SignalShape tone="waiting" />
      <div>
        <p className="desired-what" title={titles}>
          {waiting.length} values requested: {titles}
        </p>
        <p className="desired-how">
          <Link href={`/units/${unit.id}`}>Details</Link>
          <HubAge atMs={sinceMs} />
        </p>
      </div>
    </div>
  );
}
