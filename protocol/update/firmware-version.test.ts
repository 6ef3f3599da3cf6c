import { expect, it } from 'vitest';
import { compareFirmwareVersions, FirmwareVersion } from './firmware-version.ts';

it.each(['0.0.0', '1.2.3', '65535.65535.65535'])('accepts %s', (text) => {
  expect(FirmwareVersion.safeParse(text).success).toBe(true);
});

it.each(['', '1', '1.2', '1.2.3.4', '01.2.3', '1.2.65536', '1.2.x', ' 1.2.3', '1.2.3\n', '-1.2.3'])(
  'refuses %j',
  (text) => {
    expect(FirmwareVersion.safeParse(text).success).toBe(false);
  },
);

it('orders by number, not by letter, the first place first', () => {
  const ordered = ['0.9.9', '0.10.0', '1.0.0', '1.0.2', '1.0.10', '2.0.0'];
  const shuffled = ['1.0.10', '0.9.9', '2.0.0', '1.0.2', '0.10.0', '1.0.0'];
  expect(shuffled.sort(compareFirmwareVersions)).toEqual(ordered);
  expect(compareFirmwareVersions('1.2.3', '1.2.3')).toBe(0);
});
