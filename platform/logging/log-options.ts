import { type LoggerOptions, stdSerializers } from 'pino';

/** Field names of secrets; their values are not logged. */
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
/** How deep secrets are searched for: a field, its fields, and theirs. */
const LEVELS = 3;

/** Text from peers is truncated, so that nobody fills the disk with it. */
const MAX_TEXT_CHARS = 500;

/** How every program logs: JSON lines with its name, without secrets and without floods of text. */
export function logOptions(program: string, level: string): LoggerOptions {
  return { ...COMMON, base: { program }, level };
}

const COMMON: LoggerOptions = {
  // Only top-level fields, which covers those of a child logger. For deeper ones pino would clone
  // each line for each name: seven times the cost of the line itself.
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

/** A copy for the log; objects with their own serialisation (dates, errors) stay as they are. */
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
