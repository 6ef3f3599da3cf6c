import type { LoggerOptions } from 'pino';

/** Names under which secrets travel; whatever is logged under them is not. */
const SECRET_NAMES = [
  'password',
  'secret',
  'token',
  'code_secret',
  'cookie',
  'authorization',
  'assertion',
  'privateKey',
];

/** Text of peers is cut, so that nobody fills the disk with it. */
const MAX_TEXT_CHARS = 500;

/** How every program logs: JSON lines with its name, without secrets and without floods of text. */
export function logOptions(program: string, level: string): LoggerOptions {
  return { ...COMMON, base: { program }, level };
}

const COMMON: LoggerOptions = {
  redact: {
    paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    censor: '[redacted]',
  },
  formatters: {
    level: (label) => ({ level: label }),
    log: (fields) =>
      Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name,
          typeof value === 'string' && value.length > MAX_TEXT_CHARS
            ? `${value.slice(0, MAX_TEXT_CHARS)}…`
            : value,
        ]),
      ),
  },
};
