import { memo, startTransition, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { UnitId } from '#protocol/ids.ts';
import { Button } from '../components/button.tsx';
import { EmptyNote } from '../components/empty-note.tsx';
import { ErrorNote } from '../components/error-note.tsx';
import { IconButton } from '../components/icon-button.tsx';
import { LookOnly } from '../components/look-only.tsx';
import { CloseIcon, GripIcon, SearchIcon } from '../components/icons.tsx';
import { useSite } from '../components/services.ts';
import { Skeleton } from '../components/skeleton.tsx';
import { TextField } from '../components/text-field.tsx';
import { Tile } from '../components/tile.tsx';
import { useLater } from '../components/use-later.ts';
import { useMay } from '../components/use-may.ts';
import { useReadable } from '../components/use-readable.ts';
import { groupTiles, type TileGroup } from '../state/tile-groups.ts';
import { tilesOnScreen } from '../state/tiles-on-screen.ts';
import { StatusLine } from './status-line.tsx';
import { HANDLE_CLASS, useArranging } from './use-arranging.ts';
import './board-view.css';

/** Home: the state of the line, then every unit of the site by place. */
export function BoardView() {
  const { collection, store } = useSite();
  const status = useReadable(collection.status);
  const layout = useReadable(store.layout);
  const units = useReadable(store.roster);
  const [query, setQuery] = useState('');
  const [, navigate] = useLocation();
  const groups = useMemo(() => groupTiles(units, layout, query), [units, layout, query]);
  const first = groups[0]?.unitIds[0];
  useEffect(() => {
    document.title = 'Board · Signalbox';
  }, []);
  return (
    <div className="view">
      <h1 className="visually-hidden">Board</h1>
      <div className="board-head">
        <StatusLine />
        {units.length === 0 && status.phase !== 'loading' ? null : (
          <UnitSearch
            query={query}
            found={groups.reduce((sum, group) => sum + group.unitIds.length, 0)}
            onChange={setQuery}
            onOpenFirst={() => {
              if (first) navigate(`/units/${first}`);
            }}
          />
        )}
      </div>
      {units.length > 0 ? <LookOnly /> : null}
      {status.phase === 'loading' ? <Loading /> : null}
      {status.phase === 'failed' ? (
        <ErrorNote code={status.code} lead="The board could not be loaded.">
          <Button variant="default" onClick={() => collection.load()}>
            Try again
          </Button>
        </ErrorNote>
      ) : null}
      {status.phase === 'ready' ? (
        units.length > 0 && groups.length === 0 ? (
          <EmptyNote title="No such unit" text={`No unit or place is called “${query}”.`}>
            <Button variant="default" onClick={() => setQuery('')}>
              Show all units
            </Button>
          </EmptyNote>
        ) : (
          <Board settled={groups} isEmpty={units.length === 0} />
        )
      ) : null}
    </div>
  );
}

interface BoardProps {
  readonly settled: readonly TileGroup[];
  /** There are no units at all; a search may also find none of those there are. */
  readonly isEmpty: boolean;
}

function Board({ settled, isEmpty }: BoardProps) {
  const { store } = useSite();
  const [, navigate] = useLocation();
  const baseIds = useReadable(store.bases.keys);
  const mayAdd = useMay('unit.place');
  if (!isEmpty) return <Tiles settled={settled} />;
  if (!mayAdd) {
    return (
      <EmptyNote
        title="No units yet"
        text="An owner of this site can add some. They appear here automatically."
      />
    );
  }
  if (baseIds.length > 0) {
    return (
      <EmptyNote title="No units yet" text="Your base is paired. Add your first board.">
        <Button size="md" onClick={() => navigate('/add/unit')}>
          Add a unit
        </Button>
      </EmptyNote>
    );
  }
  return (
    <EmptyNote
      title="No base yet"
      text="A base is the small computer in your home that talks to your boards. Pair one, and its units appear here."
    >
      <Button size="md" onClick={() => navigate('/add/base')}>
        Add a base
      </Button>
    </EmptyNote>
  );
}

function Tiles({ settled }: { readonly settled: readonly TileGroup[] }) {
  const { groups, moving, message, boardProps } = useArranging(settled);
  const drawn = useDrawnTiles(groups.reduce((sum, { unitIds }) => sum + unitIds.length, 0));
  const before = groups.map((_, index) =>
    groups.slice(0, index).reduce((sum, { unitIds }) => sum + unitIds.length, 0),
  );
  return (
    <>
      <div className="places" {...boardProps}>
        {groups.map(({ place, unitIds }, groupIndex) => (
          <section
            key={place}
            className="place"
            aria-label={place === '' ? 'No place' : place}
            style={{ '--tiles': Math.min(unitIds.length, 3) }}
          >
            {place === '' && groups.length === 1 ? null : (
              <h2 className="place-name">{place === '' ? 'No place' : place}</h2>
            )}
            <div className="place-tiles">
              {unitIds.map((unitId, index) => (
                <PlaceTile
                  key={unitId}
                  unitId={unitId}
                  isDrawn={(before[groupIndex] ?? 0) + index < drawn}
                  isMoving={moving === unitId}
                  isMovable={unitIds.length > 1}
                />
              ))}
            </div>
          </section>
        ))}
      </div>
      <p className="visually-hidden" role="status">
        {message}
      </p>
    </>
  );
}

/** Visible tiles at once, the others in steps, so that the page stays responsive. */
const TILES_PER_STEP = 12;

function useDrawnTiles(total: number): number {
  const [drawn, setDrawn] = useState(() => tilesOnScreen(window));
  useEffect(() => {
    if (drawn < total) startTransition(() => setDrawn(drawn + TILES_PER_STEP));
  }, [drawn, total]);
  return drawn;
}

interface PlaceTileProps {
  readonly unitId: UnitId;
  /** Until then there is an empty place, as high as a tile. */
  readonly isDrawn: boolean;
  readonly isMoving: boolean;
  /** There are others to swap with. */
  readonly isMovable: boolean;
}

const PlaceTile = memo(function PlaceTile(props: PlaceTileProps) {
  const { unitId, isDrawn, isMoving, isMovable } = props;
  return (
    <div className="place-tile" data-unit-id={unitId} data-moving={isMoving}>
      {isDrawn ? (
        <Tile unitId={unitId} handle={isMovable ? <Handle unitId={unitId} /> : null} />
      ) : null}
    </div>
  );
});

function Handle({ unitId }: { readonly unitId: UnitId }) {
  const name = useSite().store.units.get(unitId)?.name ?? '';
  return (
    <button
      type="button"
      className={HANDLE_CLASS}
      aria-label={`Move ${name}`}
      title="Drag to move, or use the arrow keys"
    >
      <GripIcon size={18} />
    </button>
  );
}

interface UnitSearchProps {
  readonly query: string;
  readonly found: number;
  readonly onChange: (query: string) => void;
  readonly onOpenFirst: () => void;
}

function UnitSearch({ query, found, onChange, onOpenFirst }: UnitSearchProps) {
  const field = useRef<HTMLInputElement>(null);
  const requested = useSearch() === 'find';
  const [, navigate] = useLocation();
  useEffect(() => {
    if (!requested) return;
    field.current?.focus();
    navigate('/', { replace: true });
  }, [requested, navigate]);
  return (
    <div className="board-search">
      <TextField
        ref={field}
        id="unit-search"
        aria-label="Find a unit"
        placeholder="Find a unit"
        left={<SearchIcon size={18} />}
        right={
          query === '' ? (
            <kbd className="board-search-key">/</kbd>
          ) : (
            <IconButton aria-label="Clear the search" onClick={() => onChange('')}>
              <CloseIcon size={18} />
            </IconButton>
          )
        }
        value={query}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            onChange('');
            event.currentTarget.blur();
          } else if (event.key === 'Enter') onOpenFirst();
        }}
      />
      <p className="visually-hidden" role="status">
        {query === '' ? '' : `${found} ${found === 1 ? 'unit' : 'units'} found`}
      </p>
    </div>
  );
}

/** Most snapshots arrive sooner. */
const LOADING_AFTER_MS = 150;

/** As high as the coming tiles, so that nothing jumps. */
function Loading() {
  if (!useLater(LOADING_AFTER_MS)) return null;
  return (
    <div className="place-tiles" role="group" aria-busy="true" aria-label="Loading the board">
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} className="tile" aria-hidden="true">
          <div className="tile-head">
            <Skeleton height="1rem" width="55%" />
          </div>
          <div className="tile-body">
            <div className="tile-line lamp-line">
              <Skeleton height="3.25rem" width="3.25rem" round />
              <Skeleton height="1.75rem" width="60%" />
            </div>
            <Skeleton height="0.375rem" />
            <div className="tile-slot" />
          </div>
          <div className="tile-foot">
            <Skeleton height="0.75rem" width="40%" />
          </div>
        </div>
      ))}
    </div>
  );
}
