import '@mantine/core/styles/Popover.css';
import '@mantine/core/styles/ColorSwatch.css';
import '@mantine/core/styles/ColorPicker.css';
import { ColorPicker, Popover, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { COLOR_PRESETS, parseTypedColor } from '../format/color-names.ts';
import './color-popover.css';

/** Kept clear of the bars at the top and, on a phone, at the bottom: over its own button if need be. */
const INSIDE_THE_PAGE = {
  shift: { crossAxis: true, padding: { top: 64, right: 8, bottom: 72, left: 8 } },
};

interface ColorPopoverProps {
  readonly label: string;
  readonly hex: string;
  /** The button it hangs on. */
  readonly target: ReactNode;
  readonly onChange: (hex: string) => void;
  readonly onClose: () => void;
}

/** Presets, hue and saturation, and the number for who knows it. */
export function ColorPopover({ label, hex, target, onChange, onClose }: ColorPopoverProps) {
  const [typed, setTyped] = useState<string>();
  const wrong = typed !== undefined && typed !== '' && parseTypedColor(typed) === undefined;
  const take = (text: string) => {
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
    <Popover
      opened
      position="bottom-start"
      middlewares={INSIDE_THE_PAGE}
      withinPortal
      trapFocus
      shadow="md"
      onChange={onClose}
      onDismiss={onClose}
      closeOnEscape
    >
      <Popover.Target>{target}</Popover.Target>
      <Popover.Dropdown aria-label={label} className="color-dropdown">
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
        <ColorPicker
          format="hex"
          fullWidth
          value={hex}
          onChange={(next) => {
            const parsed = parseTypedColor(next);
            if (parsed !== undefined && parsed !== hex) onChange(parsed);
          }}
          saturationLabel="Saturation and lightness"
          hueLabel="Hue"
        />
        <TextInput
          label="Colour"
          value={typed ?? hex}
          error={wrong ? 'A colour like #ff8800 or orange' : undefined}
          spellCheck={false}
          onChange={(event) => take(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit();
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
