/** Hue in degrees, saturation and value from 0 to 1. */
export interface Hsv {
  readonly hue: number;
  readonly saturation: number;
  readonly value: number;
}

/** @param hex `#rrggbb` */
export function hexToHsv(hex: string): Hsv {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(
    (at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255,
  );
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  const sextant =
    value === red
      ? (green - blue) / chroma
      : value === green
        ? (blue - red) / chroma + 2
        : (red - green) / chroma + 4;
  return {
    hue: chroma === 0 ? 0 : (sextant * 60 + 360) % 360,
    saturation: value === 0 ? 0 : chroma / value,
    value,
  };
}

/** @returns `#rrggbb` */
export function hsvToHex({ hue, saturation, value }: Hsv): string {
  const channel = (offset: number) => {
    const turn = (offset + hue / 60) % 6;
    const share = value - value * saturation * Math.max(0, Math.min(turn, 4 - turn, 1));
    return Math.round(share * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(5)}${channel(3)}${channel(1)}`;
}
