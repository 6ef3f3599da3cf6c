import { tickTexts } from './time-text.ts';

interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly widthPx: number;
}

/** Above this a step is whole minutes, and its texts have no seconds. */
const MAX_STEP_IN_SECONDS = 30;
/** Between two texts. */
const GAP_PX = 14;

/**
 * The least distance between two ticks of a time axis at which their texts do not touch:
 * they are longer where a day has twice twelve hours, and where clocks are changed.
 */
export function tickSpacePx(
  { fromMs, toMs, widthPx }: Axis,
  textPx: (text: string) => number,
  locale?: string,
): number {
  const spaceAt = (stepSeconds: number): number => {
    // Two digits for the hour in every locale.
    const late = new Date(toMs).setHours(22, 58, 58);
    const texts = tickTexts([fromMs, late, toMs], stepSeconds, locale);
    return Math.ceil(Math.max(...texts.map(textPx))) + GAP_PX;
  };
  const withSeconds = spaceAt(1);
  const stepSeconds = (((toMs - fromMs) / widthPx) * withSeconds) / 1_000;
  return stepSeconds <= MAX_STEP_IN_SECONDS ? withSeconds : spaceAt(MAX_STEP_IN_SECONDS * 2);
}
