import { Suspense, useRef, useState } from 'react';
import { lazyPart } from './lazy-part.ts';
import { parseTypedColor } from '../format/color-names.ts';
import { Button } from './button.tsx';
import './color-control.css';

export interface ColorControlProps {
  readonly label: string;
  /** Its accessible name, including the unit's name. */
  readonly accessibleName: string;
  /** The control's current value. */
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (hex: string) => void;
}

const loadPopover = () => import('./color-popover.tsx');
const ColorPopover = lazyPart(async () => (await loadPopover()).ColorPopover);

/**
 * A button with the colour on it, and a popover to choose another. The
 * popover's code is fetched when a pointer or the focus comes near.
 */
export function ColorControl({
  label,
  accessibleName,
  value,
  disabled,
  onChange,
}: ColorControlProps) {
  const [opened, setOpened] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const hex = parseTypedColor(value) ?? '#ffffff';
  const preload = () => void loadPopover();
  return (
    <>
      <Button
        ref={button}
        variant="default"
        className="color-button"
        disabled={disabled}
        // Voice control needs the visible text in the name (WCAG 2.5.3).
        aria-label={accessibleName.includes(label) ? accessibleName : `${accessibleName}, ${label}`}
        aria-haspopup="dialog"
        aria-expanded={opened}
        onPointerEnter={preload}
        onFocus={preload}
        onClick={() => setOpened(!opened)}
        icon={<span className="color-chip" style={{ background: hex }} />}
      >
        {label}
      </Button>
      {opened ? (
        <Suspense>
          <ColorPopover
            label={accessibleName}
            hex={hex}
            anchor={button}
            onChange={onChange}
            onClose={() => setOpened(false)}
          />
        </Suspense>
      ) : null}
    </>
  );
}
