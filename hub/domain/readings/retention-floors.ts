import type { RetentionDays } from '#protocol/retention.ts';
import type { RetentionFloors } from '../../store/reading-retention.ts';

const DAY_MS = 86_400_000;

/** Whole days: no hour or minute is cut in two. */
export function floorsOf(
  { rawDays, minuteDays, hourDays }: RetentionDays,
  nowMs: number,
): RetentionFloors {
  const floor = (days: number | null): number =>
    days === null ? 0 : Math.max(0, Math.floor(nowMs / DAY_MS - days) * DAY_MS);
  return { rawMs: floor(rawDays), minuteMs: floor(minuteDays), hourMs: floor(hourDays) };
}
