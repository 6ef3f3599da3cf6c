import { Button } from './button.tsx';
import type { Disclosed } from './use-disclosed.ts';

/** Opens and closes the form that edits what a page is about. */
export function EditButton({ edit }: { readonly edit: Disclosed }) {
  return (
    <Button ref={edit.button} variant="default" aria-expanded={edit.isOpen} onClick={edit.toggle}>
      Edit
    </Button>
  );
}
