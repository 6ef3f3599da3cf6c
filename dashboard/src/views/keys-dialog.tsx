import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import { Modal } from '@mantine/core';
import { SingleKeysSwitch } from '../components/single-keys-switch.tsx';
import './keys-dialog.css';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Find a unit'],
  ['b', 'To the board'],
  ['a', 'To the activity'],
  ['s', 'To the settings'],
  ['u', 'Add a unit or a base'],
  ['← →', 'On a tile’s handle: move the tile'],
  ['Esc', 'Close what is open'],
  ['?', 'This list'],
];

interface KeysDialogProps {
  readonly onClose: () => void;
}

export function KeysDialog({ onClose }: KeysDialogProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title="Keys"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
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
      <p className="soft small">They can be turned on again in the settings.</p>
    </Modal>
  );
}
