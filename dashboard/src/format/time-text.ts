const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago something was, in one short phrase. Times a little ahead count as now. */
export function ageText(ageMs: number): string {
  if (ageMs < 2 * SECOND) return 'just now';
  if (ageMs < MINUTE) return `${Math.floor(ageMs / SECOND)} s ago`;
  if (ageMs < HOUR) return `${Math.floor(ageMs / MINUTE)} min ago`;
  if (ageMs < DAY) return `${Math.floor(ageMs / HOUR)} h ago`;
  const days = Math.floor(ageMs / DAY);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** A span such as an uptime: its two largest parts. */
export function durationText(ms: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(ms / DAY), 'd'],
    [Math.floor((ms % DAY) / HOUR), 'h'],
    [Math.floor((ms % HOUR) / MINUTE), 'min'],
    [Math.floor((ms % MINUTE) / SECOND), 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** The step between two stages of a trace: `+0.4 ms`, `+12 ms`, `+1.25 s`, `+3 min`. */
export function deltaText(ms: number): string {
  if (ms < 0) return `−${spanText(-ms)}`;
  return `+${spanText(ms)}`;
}

export function spanText(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(2)} s`;
  return durationText(ms);
}

/** The rest of a countdown: `14:07`. Never below zero. */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The absolute time, in the viewer's zone and manner. */
export function absoluteText(ms: number, locale?: string): string {
  return new Date(ms).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** The time alone, if the day was already shown. */
export function timeOfDayText(ms: number, locale?: string): string {
  return new Date(ms).toLocaleTimeString(locale, { timeStyle: 'medium' });
}

/** The day of a time: `Today`, `Yesterday`, `Saturday, 28 November`; with its year where that is another. */
export function dayText(ms: number, nowMs: number, locale?: string): string {
  const date = new Date(ms);
  const now = new Date(nowMs);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return date.toLocaleDateString(locale, {
    ...{ weekday: 'long', day: 'numeric', month: 'long' },
    ...year,
  });
}

/** Time of day to the millisecond, for traces. */
export function preciseTimeText(ms: number, locale?: string): string {
  return new Date(ms).toLocaleTimeString(locale, {
    hour: hasHalfDays(locale) ? 'numeric' : '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
}

/** Whether a day has twice twelve hours there: then an hour has no leading zero. */
function hasHalfDays(locale?: string): boolean {
  const { hourCycle } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
  return hourCycle === 'h12' || hourCycle === 'h11';
}

/** A tick of a time axis: the day where one begins or where ticks are days apart, else the time. */
export function tickText(ms: number, stepSeconds: number, locale?: string): string {
  const date = new Date(ms);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (isMidnight || stepSeconds * SECOND >= DAY) {
    return date.toLocaleDateString(locale, { day: 'numeric', month: 'short' });
  }
  const timeStyle = stepSeconds * SECOND < MINUTE ? 'medium' : 'short';
  return date.toLocaleTimeString(locale, { timeStyle });
}

/** Ticks of one axis; with their offsets where it has two, since an hour then comes twice. */
export function tickTexts(
  timesMs: readonly number[],
  stepSeconds: number,
  locale?: string,
): string[] {
  const hasTwo = hasTwoOffsets(timesMs[0] ?? 0, timesMs.at(-1) ?? 0);
  const isInDays = stepSeconds * SECOND >= DAY;
  return timesMs.map((ms) => {
    const text = tickText(ms, stepSeconds, locale);
    return hasTwo && !isInDays ? `${text} ${offsetText(ms)}` : text;
  });
}

/** Clocks are changed at most so often. */
const OFFSET_STEP_MS = 7 * DAY;

/** Whether the viewer's clocks are changed within a span of time. */
export function hasTwoOffsets(fromMs: number, toMs: number): boolean {
  const offset = new Date(toMs).getTimezoneOffset();
  for (let ms = fromMs; ms < toMs; ms += OFFSET_STEP_MS) {
    if (new Date(ms).getTimezoneOffset() !== offset) return true;
  }
  return false;
}

/** The viewer's offset at a time: `UTC+2`, `UTC-3:30`. */
export function offsetText(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const rest = Math.abs(minutes) % 60;
  const sign = minutes < 0 ? '-' : '+';
  const part = rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`;
  return `UTC${sign}${Math.floor(Math.abs(minutes) / 60)}${part}`;
}
