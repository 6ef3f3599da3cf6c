import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

/** Room to the edges of the window; the bar at the top is higher. */
const EDGE = 8;
const TOP_BAR = 64;
const GAP = 6;

/**
 * An element with the attribute `popover="manual"` that hangs on another one:
 * below it, or above it where there is no room. Escape and a press elsewhere
 * close it; the focus goes into it, and back.
 */
export function usePopover(anchor: RefObject<HTMLElement | null>, onClose: () => void) {
  const popover = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useLayoutEffect(() => {
    const [shown, hook] = [popover.current, anchor.current];
    if (!shown || !hook) return;
    shown.showPopover();
    const place = () => hang(shown, hook);
    place();
    shown.querySelector<HTMLElement>('[aria-pressed="true"], button, input')?.focus();
    const onPress = ({ target }: PointerEvent) => {
      if (target instanceof Node && !shown.contains(target) && !hook.contains(target)) {
        close.current();
      }
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close.current();
      hook.focus();
    };
    window.addEventListener('resize', place);
    window.addEventListener('scroll', place, { capture: true, passive: true });
    document.addEventListener('pointerdown', onPress);
    document.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('resize', place);
      window.removeEventListener('scroll', place, { capture: true });
      document.removeEventListener('pointerdown', onPress);
      document.removeEventListener('keydown', onKey);
    };
  }, [anchor]);
  return popover;
}

function hang(shown: HTMLElement, hook: HTMLElement): void {
  const at = hook.getBoundingClientRect();
  const { width, height } = shown.getBoundingClientRect();
  const below = at.bottom + GAP;
  const fitsBelow = below + height + EDGE <= window.innerHeight;
  const top = fitsBelow ? below : Math.max(TOP_BAR, at.top - GAP - height);
  const left = Math.max(EDGE, Math.min(at.left, window.innerWidth - width - EDGE));
  shown.style.top = `${top}px`;
  shown.style.left = `${left}px`;
}
