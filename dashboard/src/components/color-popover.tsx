import { type RefObject, useState } from 'react';
import { COLOR_PRESETS, parseTypedColor } from '../format/color-names.ts';
import { ColorSliders } from './color-sliders.tsx';
import { TextField } from './text-field.tsx';
import { usePopover } from './use-popover.ts';
import './color-popover.css';

interface ColorPopoverProps {
  readonly label: string;
  readonly hex: string;
  /** The button it hangs on. */
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onChange: (hex: string) => void;
  readonly onClose: () => void;
}

/** Presets, sliders, and the number for who knows it. */
export function ColorPopover({ label, hex, anchor, onChange, onClose }: ColorPopoverProps) {
  const popover = usePopover(anchor, onClose);
  const [typed, setTyped] = useState<string>();
  const wrong = typed !== undefined && typed !== '' && parseTypedColor(typed) === undefined;
  const type = (text: string) => {
    setTyped(text);
    const parsed = parseTypedColor(text);
    // Three digits may be the beginning of six.
    if (parsed !== undefined && text.replace('#', '').length === 6) onChange(parsed);
  };
  const commit = () => {
    const parsed = typed === undefined ? undefined : parseTypedColor(typed);
    if (parsed !== undefined && parsed !== hex) onChange(parsed);
    setTyped(undefined);
  };
  return (
    <div
      ref={popover}
      popover="manual"
      role="dialog"
      aria-label={label}
      className="color-dropdown"
      data-controls
    >
      <div className="color-presets" role="group" aria-label="Presets">
        {COLOR_PRESETS.map((preset) => (
          <button
            key={preset.hex}
            type="button"
            className="color-preset"
            aria-label={preset.name}
            aria-pressed={preset.hex === hex}
            title={preset.name}
            onClick={() => {
              setTyped(undefined);
              onChange(preset.hex);
            }}
          >
            <span style={{ background: preset.hex }} />
          </button>
        ))}
      </div>
      <ColorSliders hex={hex} onChange={onChange} />
      <TextField
        label="Colour"
        value={typed ?? hex}
        error={wrong ? 'A colour like #ff8800 or orange' : undefined}
        spellCheck={false}
        onChange={(event) => type(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
    </div>
  );
}
