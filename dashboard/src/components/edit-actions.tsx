import { Button } from './button.tsx';
import { Confirm } from './confirm.tsx';
import { useConfirmation } from './use-confirmation.ts';

interface EditActionsProps {
  readonly busy: boolean;
  readonly disabled: boolean;
  readonly onCancel: () => void;
  /** What removing the thing itself would do: `Remove Cellar and its units`. */
  readonly removal: string;
  readonly onRemove: () => void;
}

/**
 * The end of a form that edits something: save, leave it, or remove the thing. While the
 * removal is in question it is the only one, so that there is one Cancel at a time.
 */
export function EditActions({ busy, disabled, onCancel, removal, onRemove }: EditActionsProps) {
  const { isOpen, wasCancelled, open, cancel } = useConfirmation();
  if (isOpen) {
    return <Confirm danger question={removal} busy={busy} onConfirm={onRemove} onCancel={cancel} />;
  }
  return (
    <div className="row-wrap">
      <Button type="submit" loading={busy} disabled={disabled}>
        Save
      </Button>
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button variant="subtle" danger autoFocus={wasCancelled} aria-label={removal} onClick={open}>
        Remove…
      </Button>
    </div>
  );
}
