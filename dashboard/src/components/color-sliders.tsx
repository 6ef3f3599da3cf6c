import { useState } from 'react';
import { hexToHsv, type Hsv, hsvToHex } from '../format/hsv.ts';

interface ColorSlidersProps {
  readonly hex: string;
  readonly onChange: (hex: string) => void;
}

/** Hue, saturation and intensity, each on a track that shows the resulting colour. */
export function ColorSliders({ hex, onChange }: ColorSlidersProps) {
  const [chosen, setChosen] = useState(() => hexToHsv(hex));
  // Grey has no hue and black no saturation: the sliders' own positions preserve them.
  const hsv = hsvToHex(chosen) === hex ? chosen : hexToHsv(hex);
  const change = (part: Partial<Hsv>) => {
    const next = { ...hsv, ...part };
    setChosen(next);
    const nextHex = hsvToHex(next);
    if (nextHex !== hex) onChange(nextHex);
  };
  const percent = (share: number) => Math.round(share * 100);
  const track = (from: Partial<Hsv>, to: Partial<Hsv>) =>
    `linear-gradient(to right, ${hsvToHex({ ...hsv, ...from })}, ${hsvToHex({ ...hsv, ...to })})`;
  return (
    <div className="color-sliders">
      <ColorSlider
        label="Hue"
        value={Math.round(hsv.hue)}
        max={359}
        unit="°"
        track="linear-gradient(to right, red, yellow, lime, cyan, blue, magenta, red)"
        onChange={(hue) => change({ hue })}
      />
      <ColorSlider
        label="Saturation"
        value={percent(hsv.saturation)}
        max={100}
        unit=" %"
        track={track({ saturation: 0 }, { saturation: 1 })}
        onChange={(share) => change({ saturation: share / 100 })}
      />
      <ColorSlider
        label="Intensity"
        value={percent(hsv.value)}
        max={100}
        unit=" %"
        track={track({ value: 0 }, { value: 1 })}
        onChange={(share) => change({ value: share / 100 })}
      />
    </div>
  );
}

interface ColorSliderProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly unit: string;
  readonly track: string;
  readonly onChange: (value: number) => void;
}

function ColorSlider({ label, value, max, unit, track, onChange }: ColorSliderProps) {
  return (
    <label className="color-slider">
      <span>{label}</span>
      <input
        type="range"
        className="range-slider"
        min={0}
        max={max}
        value={value}
        aria-valuetext={`${value}${unit}`}
        style={{ '--track': track }}
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
