import { useLayoutEffect, useRef } from 'react';
import { absoluteText, ageText } from '../format/time-text.ts';
import { useServices } from './services.ts';

interface AgeProps {
  /** On this machine's clock; times of the hub are corrected by the caller. */
  readonly atMs: number;
  readonly prefix?: string;
}

/**
 * How long ago, kept true while it is on screen; the absolute time is a hover
 * away. The text is written past React: hundreds of ages change in the same
 * second, and drawing their components would cost frames.
 */
export function Age({ atMs, prefix }: AgeProps) {
  const { ticker } = useServices();
  const element = useRef<HTMLTimeElement>(null);
  useLayoutEffect(() => {
    let shown = '';
    const show = () => {
      const text = ageText(ticker.get() - atMs);
      if (text === shown || !element.current) return;
      shown = text;
      element.current.textContent = prefix === undefined ? text : `${prefix} ${text}`;
    };
    show();
    return ticker.subscribe(show);
  }, [ticker, atMs, prefix]);
  return (
    <time
      ref={element}
      className="number"
      dateTime={new Date(atMs).toISOString()}
      // Computed on demand: formatting a time costs more than drawing its age.
      onPointerEnter={(event) => {
        event.currentTarget.title = absoluteText(atMs);
      }}
    />
  );
}
