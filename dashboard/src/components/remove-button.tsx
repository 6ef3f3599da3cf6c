import { Button } from './button.tsx';
import { Confirm } from './confirm.tsx';
import { useConfirmation } from './use-confirmation.ts';

interface RemoveButtonProps {
  /** What the second press does: `Remove Node-RED`. */
  readonly question: string;
  readonly label: string;
  readonly onConfirm: () => void;
}

/** A button that asks for confirmation in place. */
export function RemoveButton({ question, label, onConfirm }: RemoveButtonProps) {
  const { isOpen, wasCancelled, open, cancel } = useConfirmation();
  if (isOpen) {
    return <Confirm danger question={question} onConfirm={onConfirm} onCancel={cancel} />;
  }
  return (
    <Button variant="subtle" danger autoFocus={wasCancelled} aria-label={question} onClick={open}>
      {label}
    </Button>
  );
}
