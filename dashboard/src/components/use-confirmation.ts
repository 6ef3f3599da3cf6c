import { useState } from 'react';

export interface Confirmation {
  readonly isOpen: boolean;
  /** The button that opens it is there again, and gets the focus back. */
  readonly wasCancelled: boolean;
  readonly open: () => void;
  readonly cancel: () => void;
}

/** A button that is replaced by its confirmation, and comes back when that is cancelled. */
export function useConfirmation(): Confirmation {
  const [state, setState] = useState<'new' | 'open' | 'cancelled'>('new');
  return {
    isOpen: state === 'open',
    wasCancelled: state === 'cancelled',
    open: () => setState('open'),
    cancel: () => setState('cancelled'),
  };
}
