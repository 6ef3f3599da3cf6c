import { Button } from './button.tsx';
import { Confirm } from './confirm.tsx';
import { useQuestion } from './use-question.ts';

interface RemoveButtonProps {
  /** What the second press does: `Remove Node-RED`. */
  readonly question: string;
  readonly label: string;
  readonly onConfirm: () => void;
}

/** A button that asks for confirmation in place. */
export function RemoveButton({ question, label, onConfirm }: RemoveButtonProps) {
  const { isAsking, wasAsked, ask, cancel } = useQuestion();
  if (isAsking) {
    return <Confirm danger question={question} onConfirm={onConfirm} onCancel={cancel} />;
  }
  return (
    <Button variant="subtle" danger autoFocus={wasAsked} aria-label={question} onClick={ask}>
      {label}
    </Button>
  );
}
