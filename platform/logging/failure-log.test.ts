import { expect, it } from 'vitest';
import { FailureLog } from './failure-log.ts';

it('warns once while something fails, and again when it fails after a success', () => {
  const lines: unknown[] = [];
  const log = new FailureLog(
    { warn: (...line: unknown[]) => lines.push(line) },
    'bus not connected',
  );
  const errors = [new Error('first'), new Error('second'), new Error('third')];
  log.failed(errors[0]);
  log.failed(errors[1]);
  log.succeeded();
  log.succeeded();
  log.failed(errors[2]);
  expect(lines).toEqual([
    [{ err: errors[0] }, 'bus not connected'],
    [{ err: errors[2] }, 'bus not connected'],
  ]);
});
