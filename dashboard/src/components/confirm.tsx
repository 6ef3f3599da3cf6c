import { Button } from './button.tsx';

interface ConfirmProps {
  /** What the press does, in full: `Remove Node-RED`. */
  readonly question: string;
  /** It removes something, or cannot be undone. */
  readonly danger?: boolean;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Asks in place. Cancel, or Escape, leaves everything as it is. */
export function Confirm({
  question,
  danger = false,
  busy = false,
  onConfirm,
  onCancel,
}: ConfirmProps) {
  return (
    <div
      className="row-wrap"
      role="group"
      aria-label={`${question}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      <Button danger={danger} autoFocus loading={busy} onClick={onConfirm}>
        {question}
      </Button>
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
