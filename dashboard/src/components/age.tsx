import { useSyncExternalStore } from 'react';
import { absoluteText, ageText } from '../format/time-text.ts';
import { useServices } from './services.ts';

interface AgeProps {
  /** On this machine's clock; times of the hub are corrected by the caller. */
  readonly atMs: number;
  readonly prefix?: string;
}

/** How long ago, kept true while it is on screen; the absolute time is a hover away. */
export function Age({ atMs, prefix }: AgeProps) {
  const { ticker } = useServices();
  const text = useSyncExternalStore(ticker.subscribe, () => ageText(ticker.get() - atMs));
  return (
    <time className="number" dateTime={new Date(atMs).toISOString()} title={absoluteText(atMs)}>
      {prefix === undefined ? text : `${prefix} ${text}`}
    </time>
  );
}
