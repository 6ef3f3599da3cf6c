import type { ReactNode } from 'react';
import { type ErrorCode, errorEntry } from '#protocol/errors.ts';
import { SignalShape } from './signal.tsx';
import './error-note.css';

interface ErrorNoteProps {
  readonly code: ErrorCode;
  /** The attempted action, if the code's message does not say it. */
  readonly lead?: string;
  /** What can be done: a button or a link. */
  readonly children?: ReactNode;
}

/** What went wrong as a sentence, its code in small type, and what can be done. */
export function ErrorNote({ code, lead, children }: ErrorNoteProps) {
  return (
    <div className="error-note" role="alert">
      <SignalShape tone="lost" />
      <div className="error-note-text">
        <span>
          {lead === undefined ? null : `${lead} `}
          {errorEntry(code).message}
        </span>{' '}
        <span className="code">{code}</span>
      </div>
      {children}
    </div>
  );
}
