import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';

interface FormSubmitProps {
  readonly busy: boolean;
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

/** Submits a form of the settings, beside its fields. */
export function FormSubmit({ busy, disabled = false, children }: FormSubmitProps) {
  return (
    <Button type="submit" size="md" variant="default" loading={busy} disabled={disabled}>
      {children}
    </Button>
  );
}
