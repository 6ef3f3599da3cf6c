import type { RetentionDays } from '#protocol/retention.ts';

/** `30 days, by the minute 365 days, by the hour for ever` */
export function keptText({ rawDays, minuteDays, hourDays }: RetentionDays): string {
  return `${daysText(rawDays)}, by the minute ${daysText(minuteDays)}, by the hour ${daysText(hourDays)}`;
}

export function daysText(days: number | null): string {
  return days === null ? 'for ever' : `${days} days`;
}
