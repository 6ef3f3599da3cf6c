import { useEffect, useState } from 'react';
import { Button } from './button.tsx';
import { CopyIcon } from './icons.tsx';

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
}

type Outcome = 'copied' | 'refused';

const SHOWN_MS = 2_500;

/** Copies, and shows whether it worked: without HTTPS a browser may refuse. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>();
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
    } catch {
      setOutcome('refused');
    }
  };
  return (
    <Button variant="default" icon={<CopyIcon size={16} />} onClick={() => void copy()}>
      <span aria-live="polite">
        {outcome === undefined
          ? label
          : outcome === 'copied'
            ? 'Copied'
            : 'Select and copy it manually'}
      </span>
    </Button>
  );
}
