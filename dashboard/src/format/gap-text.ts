import type { GapReason, ReadingGap } from '#protocol/reading.ts';
import { absoluteText, spanText, timeOfDayText } from './time-text.ts';

/** Why readings were dropped, as the end of a sentence. */
export const GAP_REASONS: Readonly<Record<GapReason, string>> = {
  outbox_full: 'the base ran out of room for them while the hub was away',
  outbox_age: 'they had waited too long for the hub',
  storage_full: 'the base’s disk was full',
  queue_full: 'the device sent messages of QoS 0 faster than they could be read',
  unit_full: 'the unit could not store that many while its base was away',
};

/** `1,204 readings` */
export function lostText(gaps: readonly Pick<ReadingGap, 'count'>[], locale?: string): string {
  const count = gaps.reduce((sum, gap) => sum + gap.count, 0);
  return `${count.toLocaleString(locale)} ${count === 1 ? 'reading' : 'readings'}`;
}

/** The time of a gap's readings; the day appears once. */
export function gapTimesText({ fromMs, toMs }: ReadingGap, locale?: string): string {
  const from = absoluteText(fromMs, locale);
  if (toMs === fromMs) return from;
  const sameDay = new Date(fromMs).toDateString() === new Date(toMs).toDateString();
  const to = sameDay ? timeOfDayText(toMs, locale) : absoluteText(toMs, locale);
  return `${from} to ${to} (${spanText(toMs - fromMs)})`;
}
