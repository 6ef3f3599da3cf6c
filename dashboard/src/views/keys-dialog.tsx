import { useEffect, useRef } from 'react';
import { IconButton } from '../components/icon-button.tsx';
import { CloseIcon } from '../components/icons.tsx';
import { SingleKeysSwitch } from '../components/single-keys-switch.tsx';
import './keys-dialog.css';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Find a unit'],
  ['b', 'Board'],
  ['a', 'Activity'],
  ['s', 'Settings'],
  ['u', 'Add a unit or a base'],
  ['← →', 'Move a tile, on its handle'],
  ['Esc', 'Close the dialog'],
  ['?', 'Show this list'],
];

interface KeysDialogProps {
  readonly onClose: () => void;
}

export function KeysDialog({ onClose }: KeysDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="keys-dialog"
      aria-labelledby="keys-title"
      onClose={onClose}
      // The backdrop is part of the dialog; its content is in a separate box.
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current.close();
      }}
    >
      <div className="keys-box stack">
        <div className="row spread">
          <h2 id="keys-title">Keyboard shortcuts</h2>
          <IconButton aria-label="Close" onClick={() => dialog.current?.close()}>
            <CloseIcon />
          </IconButton>
        </div>
        <dl className="keys">
          {KEYS.map(([key, meaning]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <SingleKeysSwitch />
        <p className="soft small">You can turn them on again in the settings.</p>
      </div>
    </dialog>
  );
}
