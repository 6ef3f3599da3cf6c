import { useState } from 'react';
import { Button } from '../../components/button.tsx';

interface RemoveButtonProps {
  /** What the second press does: `Remove Node-RED`. */
  readonly question: string;
  readonly label: string;
  /** What leaves everything as it is. */
  readonly cancelLabel?: string;
  readonly onConfirm: () => void;
}

/** A button that asks for confirmation in place. */
export function RemoveButton({
  question,
  label,
  cancelLabel = 'No',
  onConfirm,
}: RemoveButtonProps) {
  const [confirming, setConfirming] = useState(false);
  if (!confirming) {
    return (
      <Button variant="subtle" danger aria-label={question} onClick={() => setConfirming(true)}>
        {label}
      </Button>
    );
  }
  return (
    <span className="row-wrap">
      <Button danger autoFocus onClick={onConfirm}>
        {question}
      </Button>
      <Button variant="default" onClick={() => setConfirming(false)}>
        {cancelLabel}
      </Button>
    </span>
  );
}
