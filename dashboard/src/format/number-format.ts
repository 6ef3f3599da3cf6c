/** How many decimals are shown at least and at most. */
export interface Decimals {
  readonly min?: number;
  readonly max: number;
}

/**
 * Formats are dear to make and are needed for each value of each tile:
 * `toLocaleString` with options makes one per call. A property of a unit gives
 * at most 20 decimals, so that there are few of them.
 */
const formats = new Map<string, Intl.NumberFormat>();

/** The format for so many decimals, made once. */
export function numberFormat({ min, max }: Decimals, locale?: string): Intl.NumberFormat {
  const key = `${min ?? ''}/${max}/${locale ?? ''}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.NumberFormat(locale, {
    ...(min === undefined ? {} : { minimumFractionDigits: min }),
    maximumFractionDigits: max,
  });
  formats.set(key, format);
  return format;
}
