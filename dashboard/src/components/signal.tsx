import type { SignalTone } from '../state/presence-view.ts';
import './signal.css';

interface SignalProps {
  readonly tone: SignalTone;
  readonly word: string;
  /** More than the word, on hover and for screen readers. */
  readonly reason?: string | undefined;
  /** The shape alone; the word is still there for screen readers. */
  readonly bare?: boolean;
}

/** A state: shape, word and colour together, so that none of them is needed alone. */
export function Signal({ tone, word, reason, bare = false }: SignalProps) {
  return (
    <span className={`signal signal-${tone}`} title={reason ?? (bare ? word : undefined)}>
      <SignalShape tone={tone} />
      <span className={bare ? 'visually-hidden' : 'signal-word'}>{word}</span>
      {reason === undefined ? null : <span className="visually-hidden">: {reason}</span>}
    </span>
  );
}

export function SignalShape({ tone }: { readonly tone: SignalTone }) {
  return (
    <svg className="signal-shape" viewBox="0 0 12 12" aria-hidden="true" data-tone={tone}>
      {shapeOf(tone)}
    </svg>
  );
}

function shapeOf(tone: SignalTone) {
  switch (tone) {
    case 'proven':
      return <circle cx="6" cy="6" r="4.5" fill="currentColor" />;
    case 'waiting':
      return (
        <>
          <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="M6 1.75a4.25 4.25 0 0 1 0 8.5z" fill="currentColor" />
        </>
      );
    case 'lost':
      return (
        <path
          d="M2.2 2.2l7.6 7.6M9.8 2.2l-7.6 7.6"
          stroke="currentColor"
          strokeWidth="2.4"
          strokeLinecap="round"
        />
      );
    case 'unknown':
      return (
        <circle
          cx="6"
          cy="6"
          r="4.25"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeDasharray="2 1.6"
        />
      );
    default:
      return tone satisfies never;
  }
}
