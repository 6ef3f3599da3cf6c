import { Slider } from '@mantine/core';
import { useEffect, useState } from 'react';
import { decimalsOf, numberText, unitSign } from '../format/number-text.ts';
import './range-control.css';

interface RangeControlProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit?: string | undefined;
  /** The slider shows a value that the unit has not reported yet. */
  readonly wanted?: boolean;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** A slider with its unit. While a finger is on it, the finger decides where it stands. */
export function RangeControl(props: RangeControlProps) {
  const { label, value, min, max, step, wanted = false, disabled = false, onChange } = props;
  const [held, setHeld] = useState<number>();
  const unit = unitSign(props.unit);
  const text = (shown: number) => `${numberText(shown, step)}${unit === '' ? '' : ` ${unit}`}`;
  // A drag that ends outside of the window has no end of its own.
  useEffect(() => {
    const release = () => setHeld(undefined);
    window.addEventListener('blur', release);
    return () => window.removeEventListener('blur', release);
  }, []);
  const shown = held ?? value;
  return (
    <div className="range" data-controls data-wanted={wanted}>
      <Slider
        className="range-slider"
        value={shown}
        min={min}
        max={max}
        step={step}
        precision={decimalsOf(step)}
        thumbSize={24}
        disabled={disabled}
        label={text}
        thumbLabel={label}
        thumbProps={{ 'aria-valuetext': text(shown) }}
        onChange={(next) => {
          if (next === shown) return;
          setHeld(next);
          onChange(next);
        }}
        onChangeEnd={() => setHeld(undefined)}
      />
      <span className="range-value number" aria-hidden="true">
        {text(shown)}
      </span>
    </div>
  );
}
