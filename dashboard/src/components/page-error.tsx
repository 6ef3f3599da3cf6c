import type { ErrorCode } from '#protocol/errors.ts';
import { Button } from './button.tsx';
import { ErrorNote } from './error-note.tsx';

interface PageErrorProps {
  /** What the page is of: `Unit`. */
  readonly title: string;
  readonly code: ErrorCode;
  /** What could not be done. */
  readonly lead: string;
  readonly busy?: boolean;
  readonly onRetry: () => void;
}

/** All that there is of a page whose content could not be loaded. */
export function PageError({ title, code, lead, busy = false, onRetry }: PageErrorProps) {
  return (
    <div className="view">
      <h1>{title}</h1>
      <ErrorNote code={code} lead={lead}>
        <Button variant="default" loading={busy} onClick={onRetry}>
          Try again
        </Button>
      </ErrorNote>
    </div>
  );
}
