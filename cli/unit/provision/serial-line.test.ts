import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { explain } from '../../../base-unit/hub-link/explain-error.ts';
import { openSerialLine, reasonOf } from './serial-line.ts';

const failed = (code: string) => Object.assign(new Error(code), { code });

it.each([
  ['EACCES', 'permission denied'],
  ['EBUSY', 'in use by another program'],
  ['ENOENT', 'does not exist'],
  ['EIO', 'cannot be opened (EIO)'],
])('says of a line that answers with %s what is the matter', (code, words) => {
  expect(reasonOf(failed(code))).toContain(words);
});

it('shows the reason and not that nothing exists', () => {
  const path = join(temporaryFolder(atTestEnd), 'file');
  writeFileSync(path, '');
  const explained = (at: string): string => {
    try {
      openSerialLine(at).close();
      return 'opened';
    } catch (error) {
      return explain(error);
    }
  };
  expect(explained(path)).toBe(`the serial port: ${path} is not a serial port`);
  expect(explained(`${path}-not`)).toBe(`the serial port: ${path}-not does not exist`);
});
