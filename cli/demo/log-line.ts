import { z } from 'zod';
import { visibleText } from '#protocol/display-text.ts';

/** A line of pino's log: the parts that are shown, and the rest. */
const PinoLine = z.looseObject({
  level: z.union([z.number(), z.string()]),
  time: z.union([z.number(), z.string()]),
  msg: z.string().optional(),
  event: z.string().optional(),
});

const LEVELS: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};
const WORDS_OF_LEVELS: readonly (readonly [level: number, word: string])[] = [
  [60, 'FATAL'],
  [50, 'ERROR'],
  [40, 'warn'],
];

/** Fields that every line has, or that the prefix already shows. */
const DULL = new Set([
  ...['level', 'time', 'msg', 'pid', 'hostname', 'name', 'v'],
  ...['program', 'component', 'event', 'baseId'],
]);
const MAX_FIELD_CHARS = 120;

export type Tone = 'plain' | 'quiet' | 'warning' | 'error';

export interface LogEntry {
  readonly event?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ReadableLine {
  readonly text: string;
  readonly tone: Tone;
  /** The name of the event, where it has one, and its members, where the line was JSON. */
  readonly entry?: LogEntry;
}

/** Turns one line of a program's output, JSON or not, into a short one for people. */
export function readableLine(line: string): ReadableLine {
  const parsed = PinoLine.safeParse(parseJson(line));
  if (!parsed.success) return { text: visibleText(line), tone: 'plain' };
  const { msg = '', event } = parsed.data;
  const level = Number(LEVELS[parsed.data.level] ?? parsed.data.level);
  const fields = Object.entries(parsed.data).filter(([name]) => !DULL.has(name));
  const word = WORDS_OF_LEVELS.find(([from]) => level >= from)?.[1];
  const parts = [
    ...(word === undefined ? [] : [word]),
    msg,
    ...fields
      .map(([name, value]) => [name, fieldText(value)] as const)
      .filter(([, text]) => !msg.includes(text))
      .map(([name, text]) => `${name}=${text}`),
  ];
  return {
    text: visibleText(parts.filter((part) => part !== '').join('  ')),
    tone: toneOf(level),
    entry: {
      ...(event === undefined ? {} : { event }),
      fields: Object.fromEntries(fields),
    },
  };
}

function toneOf(level: number): Tone {
  if (level >= 50) return 'error';
  if (level >= 40) return 'warning';
  return level >= 30 ? 'plain' : 'quiet';
}

function parseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const LoggedError = z.looseObject({ message: z.string(), code: z.string().optional() });

function fieldText(value: unknown): string {
  const error = LoggedError.safeParse(value);
  const text = error.success
    ? `"${[error.data.code, error.data.message].filter((part) => part !== undefined).join(': ')}"`
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  return text.length > MAX_FIELD_CHARS ? `${text.slice(0, MAX_FIELD_CHARS)}…` : text;
}
