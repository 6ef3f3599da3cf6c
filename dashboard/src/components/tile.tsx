import { memo, type ReactNode, useId } from 'react';
import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { planTile } from '../state/affordance-control.ts';
import { latestContactMs } from '../state/presence-view.ts';
import { BareTile } from './bare-tile.tsx';
import { CommandSignal } from './command-signal.tsx';
import { ControlsTile } from './controls-tile.tsx';
import { HubAge } from './hub-age.tsx';
import { LampTile } from './lamp-tile.tsx';
import { SensorTile } from './sensor-tile.tsx';
import { useSite } from './services.ts';
import { Signal } from './signal.tsx';
import { useReadable } from './use-readable.ts';
import { useUnitPresence } from './use-unit-presence.ts';
import './tile.css';

interface TileProps {
  readonly unitId: UnitId;
  /** What one grabs to move the tile. */
  readonly handle?: ReactNode;
}

/** One unit on the board. Draws again when this unit changes, and only then. */
export const Tile = memo(function Tile({ unitId, handle }: TileProps) {
  const { store } = useSite();
  const unit = useReadable(store.units.at(unitId));
  return unit ? <UnitTile unit={unit} handle={handle} /> : null;
});

function UnitTile({ unit, handle }: { readonly unit: UnitView; readonly handle: ReactNode }) {
  const presence = useUnitPresence(unit);
  const nameId = useId();
  return (
    <article className="tile" aria-labelledby={nameId} data-tone={presence.tone}>
      <header className="tile-head">
        <h3 className="tile-name" id={nameId}>
          <Link href={`/units/${unit.id}`} className="plain">
            {unit.name}
          </Link>
        </h3>
        {handle}
      </header>
      <div className="tile-body">
        <TileBody unit={unit} stale={presence.tone !== 'proven'} />
      </div>
      <footer className="tile-foot">
        <Signal tone={presence.tone} word={presence.word} reason={presence.reason} />
        <span className="tile-foot-end">
          <CommandSignal unitId={unit.id} />
          <LatestAge unit={unit} />
        </span>
      </footer>
    </article>
  );
}

function TileBody({ unit, stale }: { readonly unit: UnitView; readonly stale: boolean }) {
  const plan = planTile(unit.description);
  switch (plan.kind) {
    case 'lamp':
      return <LampTile unit={unit} plan={plan} stale={stale} />;
    case 'sensor':
      return <SensorTile unit={unit} plan={plan} />;
    case 'controls':
      return <ControlsTile unit={unit} properties={plan.properties} />;
    case 'bare':
    case 'undescribed':
      return <BareTile unit={unit} />;
    default:
      return plan satisfies never;
  }
}

/** How old the newest thing is that the unit said. */
function LatestAge({ unit }: { readonly unit: UnitView }) {
  const atMs = latestContactMs(unit);
  if (atMs === undefined) return null;
  return (
    <span className="soft small">
      <HubAge atMs={atMs} />
    </span>
  );
}
