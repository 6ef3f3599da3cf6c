import { accessSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type DataFolder, makeDataFolder } from '../config/data-folder.ts';
import { writePrivateFile } from '#platform/files/private-file.ts';
import type { Pairing } from './pair.ts';

/**
 * Whether this data folder belongs to a paired base.
 *
 * @throws the system's error if that cannot be determined: that must not count as
 * unpaired
 */
export function isPaired(folder: DataFolder): boolean {
  try {
    accessSync(folder.config);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Stores a pairing, replacing an existing one. The configuration is written last: it
 * makes the pairing valid.
 */
export async function savePairing(
  folder: DataFolder,
  pairing: Pairing,
  hubUrl: string,
): Promise<void> {
  makeDataFolder(folder);
  // The store's content belongs to the base that this data folder was before.
  await rm(folder.config, { force: true });
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(`${folder.database}${suffix}`, { force: true });
  }
  await writePrivateFile(folder.privateKey, pairing.privateKeyPem);
  await writePrivateFile(folder.hubCa, pairing.hubCa);
  const config = { hubUrl, ...pairing.claimed };
  await writePrivateFile(folder.config, `${JSON.stringify(config, undefined, 2)}\n`);
}
