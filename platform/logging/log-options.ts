import { type LoggerOptions, stdSerializers } from 'pino';

/** Names under which secrets travel; whatever is logged under them is not. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'token',
  'code_secret',
  'cookie',
  'authorization',
  'assertion',
  'privateKey',
]);
const REDACTED = '[redacted]';
/** How deep secrets are looked for: a field, what it holds, and what that holds. */
const LEVELS = 3;

/** Text of peers is cut, so that nobody fills the disk with it. */
const MAX_TEXT_CHARS = 500;

/** How every program logs: JSON lines with its name, without secrets and without floods of text. */
export function logOptions(program: string, level: string): LoggerOptions {
  return { ...COMMON, base: { program }, level };
}

const COMMON: LoggerOptions = {
  // Of the fields alone, which covers what a child logger carries. For what lies deeper pino
  // would clone each line for each name: seven times the price of the line itself.
  redact: { paths: [...SECRET_NAMES], censor: REDACTED },
  serializers: {
    err: (error: unknown) =>
      error instanceof Error ? withoutSecrets(stdSerializers.err(error), LEVELS - 1) : error,
  },
  formatters: {
    level: (label) => ({ level: label }),
    log: (fields) => {
      const safe: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(fields)) {
        safe[name] =
          typeof value === 'string' && value.length > MAX_TEXT_CHARS
            ? `${value.slice(0, MAX_TEXT_CHARS)}…`
            : withoutSecrets(value, LEVELS - 1);
      }
      return safe;
    },
  },
};

/** A copy for the log; what writes itself in a way of its own (a date, an error) stays as it is. */
function withoutSecrets(value: unknown, levels: number): unknown {
  if (levels === 0 || typeof value !== 'object' || value === null) return value;
  if (value instanceof Error || 'toJSON' in value) return value;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, levels - 1));
  const safe: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    safe[name] = SECRET_NAMES.has(name) ? REDACTED : withoutSecrets(inner, levels - 1);
  }
  return safe;
}
