import { mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where everything of a base is. */
export interface DataFolder {
  readonly path: string;
  readonly config: string;
  readonly privateKey: string;
  readonly hubCa: string;
  readonly database: string;
  /** Where `base status` asks. */
  readonly statusSocket: string;
}

/** Unix sockets have short names (sun_path, 108 bytes on Linux, 104 on macOS). */
const LONGEST_SOCKET_PATH = 100;

export const DEFAULT_DATA_FOLDER = join(homedir(), '.signalbox', 'base');

export function dataFolderAt(path: string): DataFolder {
  const folder = resolve(path);
  const socket = join(folder, 'status.sock');
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  return {
    path: folder,
    config: join(folder, 'base.json'),
    privateKey: join(folder, 'base-key.pem'),
    hubCa: join(folder, 'hub-ca.pem'),
    database: join(folder, 'base.db'),
    statusSocket:
      Buffer.byteLength(socket) <= LONGEST_SOCKET_PATH
        ? socket
        : join(tmpdir(), `signalbox-${digest}.sock`),
  };
}

/** Makes the folder, for its owner alone. */
export function makeDataFolder({ path }: DataFolder): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
