import { memo, type ReactNode, useId } from 'react';
import { Link } from 'wouter';
import type { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { planTile } from '../state/affordance-control.ts';
import { latestContactMs } from '../state/presence-view.ts';
import { BareTile } from './bare-tile.tsx';
import { Button } from './button.tsx';
import { CommandSignal } from './command-signal.tsx';
import { ControlsTile } from './controls-tile.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { HubAge } from './hub-age.tsx';
import { LampTile } from './lamp-tile.tsx';
import { SensorTile } from './sensor-tile.tsx';
import { useSite } from './services.ts';
import { Signal } from './signal.tsx';
import { useOpenUnit } from './use-open-unit.ts';
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
  if (!unit) return null;
  return (
    <ErrorBoundary
      resetKey={unit.description}
      fallback={(retry) => <FailedTile unit={unit} handle={handle} onRetry={retry} />}
    >
      <UnitTile unit={unit} handle={handle} />
    </ErrorBoundary>
  );
});

interface FailedTileProps {
  readonly unit: UnitView;
  readonly handle: ReactNode;
  readonly onRetry: () => void;
}

/** One tile that cannot be drawn leaves the others as they are. */
function FailedTile({ unit, handle, onRetry }: FailedTileProps) {
  return (
    <article className="tile" aria-label={unit.name}>
      <TileHead unit={unit} handle={handle} />
      <div className="tile-body">
        <p className="small">This unit cannot be shown here. The other tiles are not affected.</p>
        <Button variant="default" onClick={onRetry}>
          Try again
        </Button>
      </div>
    </article>
  );
}

interface TileHeadProps {
  readonly unit: UnitView;
  readonly nameId?: string;
  readonly handle: ReactNode;
}

function TileHead({ unit, nameId, handle }: TileHeadProps) {
  return (
    <header className="tile-head">
      <h3 className="tile-name" id={nameId} title={unit.name}>
        <Link href={`/units/${unit.id}`} className="plain">
          {unit.name}
        </Link>
      </h3>
      {handle}
    </header>
  );
}

function UnitTile({ unit, handle }: { readonly unit: UnitView; readonly handle: ReactNode }) {
  const presence = useUnitPresence(unit);
  const nameId = useId();
  const openUnit = useOpenUnit(unit.id);
  return (
    <article
      className="tile"
      aria-labelledby={nameId}
      data-tone={presence.tone}
      data-stale={presence.tone !== 'proven'}
      {...openUnit}
    >
      <TileHead unit={unit} nameId={nameId} handle={handle} />
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
      return <SensorTile unit={unit} plan={plan} stale={stale} />;
    case 'controls':
      return <ControlsTile unit={unit} properties={plan.properties} stale={stale} />;
    case 'bare':
    case 'undescribed':
      return <BareTile unit={unit} />;
    default:
      return plan satisfies never;
  }
}

/** The age of the unit's latest report. */
function LatestAge({ unit }: { readonly unit: UnitView }) {
  const atMs = latestContactMs(unit);
  if (atMs === undefined) return null;
  return (
    <span className="soft small">
      <HubAge atMs={atMs} />
    </span>
  );
}
