import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { capturePrinted, type Printed } from '../../test/harness/printed.ts';
import { inspectFirmwareFile, makeFirmwareKey, signFirmwareFile } from './run-firmware.ts';

let printed: Printed;

beforeEach(() => {
  printed = capturePrinted();
});

async function build() {
  const folder = temporaryFolder(atTestEnd);
  const at = (name: string) => join(folder, name);
  writeFileSync(at('image'), 'machine code');
  expect(await makeFirmwareKey([at('key')])).toBe(0);
  const sign = (...more: string[]) =>
    signFirmwareFile([
      at('image'),
      ...['--key', at('key'), '--model', 'rgb-lamp', '--platform', 'esp8266'],
      ...['--firmware-version', '1.2.0', '--out', at('lamp.sbfw'), ...more],
    ]);
  return { at, sign };
}

it('makes a key, signs an image with it, and finds the signature good', async () => {
  const { at, sign } = await build();
  expect(statSync(at('key')).mode & 0o077).toBe(0);
  expect(await sign('--min-version', '1.0.0')).toBe(0);
  printed.out = '';
  expect(await inspectFirmwareFile([at('lamp.sbfw'), '--key', at('key.pub')])).toBe(0);
  expect(printed.out).toContain('version     1.2.0');
  expect(printed.out).toContain('replaces    1.0.0 and later');
  expect(printed.out).toContain('signature   good');
});

it('does not overwrite a key', async () => {
  const { at } = await build();
  const before = readFileSync(at('key'), 'utf8');
  expect(await makeFirmwareKey([at('key')])).toBe(1);
  expect(readFileSync(at('key'), 'utf8')).toBe(before);
});

it('finds a damaged file, and one that another key signed', async () => {
  const { at, sign } = await build();
  await sign();
  await makeFirmwareKey([at('other')]);
  expect(await inspectFirmwareFile([at('lamp.sbfw'), '--key', at('other.pub')])).toBe(1);
  expect(printed.err).toContain('did not sign it');
  const file = readFileSync(at('lamp.sbfw'));
  file[file.length - 1] = 0;
  writeFileSync(at('lamp.sbfw'), file);
  expect(await inspectFirmwareFile([at('lamp.sbfw')])).toBe(1);
  expect(printed.err).toContain('corrupt');
});

it('says which field of a manifest is wrong, and writes no file', async () => {
  const { at, sign } = await build();
  expect(await sign('--firmware-version', '1.2')).toBe(1);
  expect(printed.err).toContain('version: must be three numbers');
  expect(() => statSync(at('lamp.sbfw'))).toThrow();
});
