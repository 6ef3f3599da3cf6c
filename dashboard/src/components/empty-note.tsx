import type { ReactNode } from 'react';
import './empty-note.css';

interface EmptyNoteProps {
  readonly title: string;
  readonly text: string;
  /** It is all there is of a page, and so its heading. */
  readonly isPage?: boolean;
  /** The one thing to do next. */
  readonly children?: ReactNode;
}

/** A place where nothing is yet, and what to do about it. */
export function EmptyNote({ title, text, isPage = false, children }: EmptyNoteProps) {
  return (
    <section className="empty-note">
      <svg viewBox="0 0 96 64" aria-hidden="true" className="empty-note-mark">
        <path d="M4 56h88" />
        <path d="M34 56V12" />
        <path d="M34 17l34 12" className="empty-note-arm" />
        <circle cx="34" cy="17" r="4" />
        <path d="M24 56v-5h20v5" />
      </svg>
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      <p className="soft">{text}</p>
      {children}
    </section>
  );
}
