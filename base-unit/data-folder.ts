import { mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Where everything of a base is. */
export interface DataFolder {
  readonly path: string;
  readonly config: string;
  readonly privateKey: string;
  readonly hubCa: string;
  readonly database: string;
  /** Firmware files for units. */
  readonly firmware: string;
  /** Where `base status` asks. */
  readonly statusSocket: string;
}

/** Unix sockets have short names (sun_path, 108 bytes on Linux, 104 on macOS). */
const LONGEST_SOCKET_PATH = 100;

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

/** Always in a folder of its own, which its server makes for the owner alone. */
function statusSocketOf(folder: string, env: NodeJS.ProcessEnv): string {
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const places = [
    join(folder, 'run', 'status.sock'),
    ...(isAbsolute(runtime) ? [join(runtime, 'signalbox', `${digest}.sock`)] : []),
  ];
  return (
    places.find((place) => Buffer.byteLength(place) <= LONGEST_SOCKET_PATH) ??
    join(tmpdir(), `signalbox-${userInfo().uid}`, `${digest}.sock`)
  );
}

/** Makes the folder, for its owner alone. */
export function makeDataFolder({ path }: DataFolder): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
