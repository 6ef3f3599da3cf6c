import { useEffect, useRef, useState } from 'react';
import { numberText, unitSign } from '../format/number-text.ts';
import './range-control.css';

interface RangeControlProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit?: string | undefined;
  /** Nobody knows the value: the slider stands at its beginning, and says no number. */
  readonly unknown?: boolean;
  /** The slider shows a value that the unit has not reported yet. */
  readonly wanted?: boolean;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/**
 * The browser's own slider with its unit. While it is dragged, the pointer decides its
 * position.
 */
export function RangeControl(props: RangeControlProps) {
  const { label, value, min, max, step, onChange } = props;
  const { unknown = false, wanted = false, disabled = false } = props;
  const [held, setHeld] = useState<number>();
  const input = useRef<HTMLInputElement>(null);
  const unit = unitSign(props.unit);
  useEffect(() => {
    const slider = input.current;
    if (!slider) return;
    const release = () => setHeld(undefined);
    // React's `onChange` is each step of a drag; this is its end, also by a key.
    slider.addEventListener('change', release);
    // A drag that ends outside the window has no end event.
    window.addEventListener('blur', release);
    return () => {
      slider.removeEventListener('change', release);
      window.removeEventListener('blur', release);
    };
  }, []);
  const shown = held ?? value;
  const isUnknown = unknown && held === undefined;
  const number = isUnknown ? '–' : numberText(shown, step);
  const text = isUnknown || unit === '' ? number : `${number} ${unit}`;
  const share = max > min ? Math.min(1, Math.max(0, (shown - min) / (max - min))) : 0;
  return (
    <div className="range" data-controls data-wanted={wanted} data-unknown={isUnknown}>
      <input
        ref={input}
        type="range"
        className="range-slider"
        aria-label={label}
        aria-valuetext={isUnknown ? 'not known' : text}
        value={shown}
        min={min}
        max={max}
        step={step}
        disabled={disabled}
        style={{ '--share': share }}
        onChange={(event) => {
          const next = event.currentTarget.valueAsNumber;
          if (next === shown) return;
          setHeld(next);
          onChange(next);
        }}
      />
      <span className="range-value number" aria-hidden="true">
        {text}
      </span>
    </div>
  );
}
