import { useEffect, useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';

/**
 * Another page begins at its top, and the focus goes into it: what was pressed is gone, and
 * a keyboard or a screen reader would begin anew. The way back is the browser's own, which
 * knows how far down one was.
 */
export function usePageChange(contentId: string): void {
  const [location] = useLocation();
  const shown = useRef(location);
  const isBack = useRef(false);
  useEffect(() => {
    const note = () => {
      isBack.current = true;
    };
    window.addEventListener('popstate', note);
    return () => window.removeEventListener('popstate', note);
  }, []);
  useLayoutEffect(() => {
    if (shown.current === location) return;
    shown.current = location;
    if (!isBack.current) window.scrollTo(0, 0);
    isBack.current = false;
    const content = document.getElementById(contentId);
    const { activeElement } = document;
    // A field of the new page may have taken it already; what is left of the old one is hidden.
    const isTaken =
      activeElement?.matches('input, textarea') === true && activeElement.checkVisibility();
    if (!isTaken) content?.focus({ preventScroll: true });
  }, [contentId, location]);
}
