import { type RefObject, useRef, useState } from 'react';

export interface Disclosed {
  readonly isOpen: boolean;
  /** Of the button that opens and closes it. */
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly toggle: () => void;
  /** From within: the focus goes back to the button. */
  readonly close: () => void;
}

/** A form that a button opens. */
export function useDisclosed(): Disclosed {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return {
    isOpen,
    button,
    toggle: () => setOpen(!isOpen),
    close: () => {
      setOpen(false);
      button.current?.focus();
    },
  };
}
