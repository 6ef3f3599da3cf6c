import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { UnitId } from '#protocol/ids.ts';
import { useSite } from '../components/services.ts';
import { moveTile, neighbourOf, type TileGroup } from '../state/tile-groups.ts';

interface Arranging {
  /** The groups as they are while a tile is dragged. */
  readonly groups: readonly TileGroup[];
  readonly moving: UnitId | undefined;
  /** The screen reader announcement after a move. */
  readonly message: string;
  /**
   * For the element around all tiles. The handles have none of their own, so
   * that a tile is not drawn again because others move.
   */
  readonly boardProps: {
    onPointerDown: (event: PointerEvent<HTMLElement>) => void;
    onPointerMove: (event: PointerEvent<HTMLElement>) => void;
    onPointerUp: () => void;
    onPointerCancel: () => void;
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  };
}

/** The handle of a tile; it is inside an element with the unit's id. */
export const HANDLE_CLASS = 'tile-handle';

const STEPS: Readonly<Record<string, -1 | 1>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
};

/** Moving tiles within their place: by pointer on the handle, or with the arrow keys on it. */
export function useArranging(settled: readonly TileGroup[]): Arranging {
  const site = useSite();
  const [dragged, setDragged] = useState<{ unitId: UnitId; groups: readonly TileGroup[] }>();
  const [message, setMessage] = useState('');
  const latest = useRef<readonly TileGroup[]>(settled);
  const groups = dragged?.groups ?? settled;
  const save = (next: readonly TileGroup[]) => {
    site
      .arrange(next.flatMap(({ unitIds }) => unitIds))
      .catch(() => setMessage('The order could not be saved. It lasts until you reload.'));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const unitId = unitOf(handleOf(event.target));
    const step = STEPS[event.key];
    if (unitId === undefined || step === undefined) return;
    event.preventDefault();
    const target = neighbourOf(settled, unitId, step);
    if (!target) return;
    const next = moveTile(settled, unitId, target);
    const group = next.find(({ unitIds }) => unitIds.includes(unitId));
    const position = (group?.unitIds.indexOf(unitId) ?? 0) + 1;
    setMessage(`Moved to place ${position} of ${group?.unitIds.length ?? 1}`);
    save(next);
  };
  return {
    groups,
    moving: dragged?.unitId,
    message,
    boardProps: {
      onPointerDown: (event) => {
        const handle = handleOf(event.target);
        const unitId = unitOf(handle);
        if (event.button !== 0 || unitId === undefined) return;
        handle?.setPointerCapture(event.pointerId);
        latest.current = settled;
        setDragged({ unitId, groups: settled });
      },
      onPointerMove: (event) => {
        if (!dragged) return;
        const target = unitOf(document.elementFromPoint(event.clientX, event.clientY));
        if (!target || target === dragged.unitId) return;
        latest.current = moveTile(latest.current, dragged.unitId, target);
        setDragged({ unitId: dragged.unitId, groups: latest.current });
      },
      onPointerUp: () => {
        if (!dragged) return;
        setDragged(undefined);
        if (latest.current !== settled) save(latest.current);
      },
      onPointerCancel: () => setDragged(undefined),
      onKeyDown,
    },
  };
}

function handleOf(target: EventTarget): Element | null {
  return target instanceof Element ? target.closest(`.${HANDLE_CLASS}`) : null;
}

/** The unit whose tile contains this. */
function unitOf(element: Element | null): UnitId | undefined {
  const cell = element?.closest('[data-unit-id]');
  return UnitId.safeParse(cell?.getAttribute('data-unit-id')).data;
}
