import { Link } from 'wouter';
import { type ErrorCode, errorEntry } from '#protocol/errors.ts';
import type { PropertyView } from '../state/desired-value.ts';
import { IconButton } from './icon-button.tsx';
import { CloseIcon } from './icons.tsx';
import { SignalShape } from './signal.tsx';
import './refusal-note.css';

interface RefusalNoteProps {
  readonly title: string;
  readonly refusal: NonNullable<PropertyView['refusal']>;
  readonly onDismiss: () => void;
}

/** Nothing failed: another user's newer value won. */
const DECIDED: ReadonlySet<ErrorCode> = new Set(['superseded', 'cancelled']);

/** Why a control sprang back; stays until it was read. */
export function RefusalNote({ title, refusal, onDismiss }: RefusalNoteProps) {
  const tone = DECIDED.has(refusal.code) ? 'unknown' : 'lost';
  return (
    <div className="refusal" data-controls role="alert" data-decided={tone === 'unknown'}>
      <SignalShape tone={tone} />
      <p>
        <strong>{title}:</strong> {errorEntry(refusal.code).message}{' '}
        <Link href={`/commands/${refusal.commandId}`} className="code">
          {refusal.code}
        </Link>
      </p>
      <IconButton aria-label="Dismiss" onClick={onDismiss}>
        <CloseIcon size={16} />
      </IconButton>
    </div>
  );
}
