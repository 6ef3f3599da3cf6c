import { useState } from 'react';

export interface Question {
  readonly isAsking: boolean;
  /** It was asked and cancelled: the button that asks gets the focus back. */
  readonly wasAsked: boolean;
  readonly ask: () => void;
  readonly cancel: () => void;
}

/** A button that is replaced by its question, and comes back when that is cancelled. */
export function useQuestion(): Question {
  const [state, setState] = useState<'new' | 'asking' | 'cancelled'>('new');
  return {
    isAsking: state === 'asking',
    wasAsked: state === 'cancelled',
    ask: () => setState('asking'),
    cancel: () => setState('cancelled'),
  };
}
