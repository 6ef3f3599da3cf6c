import { type MouseEvent, type PointerEvent, useRef } from 'react';
import { navigate } from 'wouter/use-browser-location';
import type { UnitId } from '#protocol/ids.ts';

/** What answers a press itself. Controls of a tile are marked as a whole, gaps and labels included. */
const ANSWERS = 'a, button, input, select, textarea, label, form, [role="slider"], [data-controls]';

/**
 * Makes a whole tile open its unit, for pointers: the name in it stays the
 * link for keyboards and screen readers. A press that begins on a control, or
 * ends a selection of text, is none of it.
 */
export function useOpenUnit(unitId: UnitId) {
  const beganOnControl = useRef(false);
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      beganOnControl.current = isAnswered(event);
    },
    onClick: (event: MouseEvent<HTMLElement>) => {
      if (beganOnControl.current || isAnswered(event) || event.defaultPrevented) return;
      if (window.getSelection()?.isCollapsed === false) return;
      const href = `/units/${unitId}`;
      if (event.ctrlKey || event.metaKey || event.shiftKey) window.open(href, '_blank', 'noopener');
      else navigate(href);
    },
  };
}

/** Includes elements outside the tile, like its popovers, whose events React propagates to it. */
function isAnswered({ target, currentTarget }: PointerEvent | MouseEvent): boolean {
  if (!(target instanceof Element) || !currentTarget.contains(target)) return true;
  const answering = target.closest(ANSWERS);
  return answering !== null && currentTarget.contains(answering);
}
