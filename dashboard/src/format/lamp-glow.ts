import type { ScalarValue } from '#protocol/thing/data-schema.ts';

export interface LampGlow {
  readonly lit: boolean;
  readonly color: string;
  /** 0 to 1, as an eye would see it. */
  readonly level: number;
}

/**
 * How a lamp looks. Brightness is eased, since an eye sees 10 % of the light
 * as about a third.
 */
export function lampGlow(
  power: ScalarValue | undefined,
  color: ScalarValue | undefined,
  brightness: ScalarValue | undefined,
): LampGlow {
  const share = typeof brightness === 'number' ? Math.min(1, Math.max(0, brightness / 100)) : 1;
  const hex = typeof color === 'string' ? color : '#ffd9a0';
  const lit = power !== false && power !== undefined && share > 0 && hex !== '#000000';
  return {
    lit,
    color: hex,
    level: lit ? Math.round((0.25 + 0.75 * Math.sqrt(share)) * 100) / 100 : 0,
  };
}
