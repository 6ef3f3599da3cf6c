import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { type DataFolder, makeDataFolder } from '../data-folder.ts';
import { faultOfWrite } from '../full-disk.ts';
import type { Pairing } from './pair.ts';

/** Whether this data folder belongs to a paired base. */
export function isPaired(folder: DataFolder): boolean {
  return existsSync(folder.config);
}

/** Keeps a pairing, in place of one that was there. The configuration is written last: it makes the pairing. */
export async function savePairing(
  folder: DataFolder,
  pairing: Pairing,
  hubUrl: string,
): Promise<void> {
  makeDataFolder(folder);
  // What is in the store belongs to the base that this data folder was before.
  await rm(folder.config, { force: true });
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(`${folder.database}${suffix}`, { force: true });
  }
  await writeSafely(folder.privateKey, pairing.privateKeyPem);
  await writeSafely(folder.hubCa, pairing.hubCa);
  const config = { hubUrl, ...pairing.claimed };
  await writeSafely(folder.config, `${JSON.stringify(config, undefined, 2)}\n`);
}

/** For the owner alone from the first byte on, and on the disk before it has its name. */
async function writeSafely(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  await rm(fresh, { force: true });
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    throw faultOfWrite(cause);
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}
