import { useEffect, useState } from 'react';

/** False at first, true when this much time has passed: for what would only flash up otherwise. */
export function useLater(delayMs: number): boolean {
  const [isLater, setLater] = useState(delayMs <= 0);
  useEffect(() => {
    if (isLater) return;
    const timer = setTimeout(() => setLater(true), delayMs);
    return () => clearTimeout(timer);
  }, [isLater, delayMs]);
  return isLater;
}
