import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { writeFirmwareFile } from '#protocol/update/firmware-file.ts';
import {
  type FirmwareKeyPair,
  newFirmwareKeyPair,
  signFirmware,
} from '#protocol/update/firmware-signature.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { FirmwareLibrary } from './firmware-library.ts';

let keys: FirmwareKeyPair;

beforeAll(async () => {
  keys = await newFirmwareKeyPair();
});

async function fileOf(version: string): Promise<Uint8Array> {
  const firmware = await signFirmware({
    keys,
    image: new TextEncoder().encode(`image ${version}`),
    manifest: {
      ...{ model: 'rgb-lamp', platform: 'test', version, minVersion: null },
      ...{ protocolMin: 1, protocolMax: 1, allowsDowngrade: false },
    },
  });
  return writeFirmwareFile(firmware);
}

function build() {
  const folder = temporaryFolder(atTestEnd);
  const inUse = new Set<string>();
  const open = () => new FirmwareLibrary({ folder, inUse: () => inUse });
  return { folder, inUse, open, library: open() };
}

it('gives back what it was given, also after a restart, and keeps it once', async () => {
  const { folder, library, open } = build();
  const file = await fileOf('1.0.0');
  const fileId = await library.put(file);
  expect(await library.put(file)).toBe(fileId);
  expect(readdirSync(folder)).toEqual([`${fileId}.sbfw`]);
  expect(open().read(fileId)?.manifest.version).toBe('1.0.0');
  expect(open().has('00'.repeat(32))).toBe(false);
});

it('accepts nothing that is no firmware, or corrupt', async () => {
  const { folder, library } = build();
  const damaged = await fileOf('1.0.0');
  damaged[damaged.length - 1] = 0;
  for (const file of [new Uint8Array(0), new Uint8Array(500), damaged]) {
    await expect(library.put(file)).rejects.toMatchObject({ code: 'firmware_file_invalid' });
  }
  expect(readdirSync(folder)).toEqual([]);
});

it('does not use a corrupt file, and accepts it again', async () => {
  const { folder, library } = build();
  const file = await fileOf('1.0.0');
  const fileId = await library.put(file);
  const path = join(folder, `${fileId}.sbfw`);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] = 0;
  writeFileSync(path, bytes);
  expect(library.read(fileId)).toBeUndefined();
  expect(library.has(fileId)).toBe(false);
  expect(await library.put(file)).toBe(fileId);
  expect(library.read(fileId)?.manifest.version).toBe('1.0.0');
});

it('keeps what is in use, and of the rest the four that came last', async () => {
  const { folder, inUse, library } = build();
  const versions = ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4', '1.0.5', '1.0.6'];
  const ids: string[] = [];
  for (const version of versions) {
    ids.push(await library.put(await fileOf(version)));
    if (version === '1.0.0') inUse.add(ids[0] ?? '');
  }
  expect(ids.map((fileId) => library.has(fileId))).toEqual([
    ...[true, false, false],
    ...[true, true, true, true],
  ]);
  expect(readdirSync(folder)).toHaveLength(5);
});
