import { useState } from 'react';
import { Button } from '../../components/button.tsx';

interface RemoveButtonProps {
  /** What the second press does: `Remove Node-RED`. */
  readonly question: string;
  readonly label: string;
  readonly onConfirm: () => void;
}

/** A button that asks back in its own place. */
export function RemoveButton({ question, label, onConfirm }: RemoveButtonProps) {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <Button variant="subtle" danger aria-label={question} onClick={() => setAsking(true)}>
        {label}
      </Button>
    );
  }
  return (
    <span className="row">
      <Button danger autoFocus onClick={onConfirm}>
        {question}
      </Button>
      <Button variant="default" onClick={() => setAsking(false)}>
        No
      </Button>
    </span>
  );
}
