import { type Logger, pino } from 'pino';
import { expect, it } from 'vitest';
import { logOptions } from './log-options.ts';

function loggedBy(write: (log: Logger) => void): unknown {
  const lines: string[] = [];
  const log: Logger = pino(logOptions('hub', 'info'), {
    write: (line: string) => void lines.push(line),
  });
  write(log);
  const [line = '{}'] = lines;
  return JSON.parse(line);
}

it('logs no secret, however deep the bound lets it lie', () => {
  const line = loggedBy((log) => {
    log.info(
      {
        token: 'abc',
        headers: { cookie: 'abc', authorization: 'abc', accept: 'json' },
        request: { body: { password: 'abc', name: 'Ada' } },
        tried: [{ secret: 'abc' }],
      },
      'signed in',
    );
  });
  expect(JSON.stringify(line)).not.toContain('abc');
  expect(line).toMatchObject({
    token: '[redacted]',
    headers: { cookie: '[redacted]', accept: 'json' },
    request: { body: { password: '[redacted]', name: 'Ada' } },
  });
});

it('logs no secret that a child logger carries', () => {
  const line = loggedBy((log) => {
    log.child({ assertion: 'abc', component: 'bases' }).info('claimed');
  });
  expect(line).toMatchObject({ assertion: '[redacted]', component: 'bases' });
});

it('logs an error with its stack, and without the secrets it carries', () => {
  const error = Object.assign(new Error('refused', { cause: new Error('timed out') }), {
    token: 'abc',
    request: { authorization: 'abc' },
  });
  const line = loggedBy((log) => {
    log.error({ err: error }, 'not sent');
  });
  expect(JSON.stringify(line)).not.toContain('abc');
  expect(line).toMatchObject({ err: { type: 'Error', message: 'refused: timed out' } });
  expect(JSON.stringify(line)).toContain('log-options.test.ts');
  const alone = loggedBy((log) => {
    log.error(error);
  });
  expect(JSON.stringify(alone)).not.toContain('abc');
  expect(alone).toMatchObject({ msg: 'refused', err: { token: '[redacted]' } });
});

it('cuts the text of peers, and writes what writes itself as it does', () => {
  const line = loggedBy((log) => {
    log.info({ text: 'x'.repeat(10_000), at: new Date(0), list: [1, 'two'], none: null }, 'heard');
  });
  expect(line).toMatchObject({
    text: `${'x'.repeat(500)}…`,
    at: '1970-01-01T00:00:00.000Z',
    list: [1, 'two'],
    none: null,
  });
});
