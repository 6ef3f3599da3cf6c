import { createHash } from 'node:crypto';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { type FolderLock, lockFolder } from '#platform/files/folder-lock.ts';
import { makeOwnFolder } from '#platform/files/private-folder.ts';

/** Where everything of a base is. */
export interface DataFolder {
  readonly path: string;
  readonly config: string;
  readonly privateKey: string;
  readonly hubCa: string;
  readonly database: string;
  /** Firmware files for units. */
  readonly firmware: string;
  /** The socket that `base status` connects to. */
  readonly statusSocket: string;
}

/** Unix sockets have short names (sun_path, 108 bytes on Linux, 104 on macOS). */
const MAX_SOCKET_PATH_BYTES = 100;
const LOCK_FILE = 'base.lock';

export const DEFAULT_DATA_FOLDER = join(homedir(), '.signalbox', 'base');

export function dataFolderAt(path: string, env: NodeJS.ProcessEnv = process.env): DataFolder {
  const folder = resolve(path);
  return {
    path: folder,
    config: join(folder, 'base.json'),
    privateKey: join(folder, 'base-key.pem'),
    hubCa: join(folder, 'hub-ca.pem'),
    database: join(folder, 'base.db'),
    firmware: join(folder, 'firmware'),
    statusSocket: statusSocketOf(folder, env),
  };
}

/** Always in its own folder, which the server creates for the owner alone. */
function statusSocketOf(folder: string, env: NodeJS.ProcessEnv): string {
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const places = [
    join(folder, 'run', 'status.sock'),
    ...(isAbsolute(runtime) ? [join(runtime, 'signalbox', `${digest}.sock`)] : []),
  ];
  return (
    places.find((place) => Buffer.byteLength(place) <= MAX_SOCKET_PATH_BYTES) ??
    join(tmpdir(), `signalbox-${userInfo().uid}`, `${digest}.sock`)
  );
}

/** Makes the folder, for its owner alone. */
export function makeDataFolder({ path }: DataFolder): void {
  makeOwnFolder(path);
}

/** Makes the folder, and claims it for this process. @throws AppError `not_ready` when another has it. */
export function claimDataFolder(folder: DataFolder): FolderLock {
  makeDataFolder(folder);
  const lock = lockFolder(folder.path, LOCK_FILE);
  if (!lock) throw new AppError('not_ready', { details: { path: folder.path } });
  return lock;
}
