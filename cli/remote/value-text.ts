/** A value for a line of text. */
export function valueText(value: unknown, unit?: string): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return unit === undefined || unit === '' ? text : `${text} ${unit}`;
}
