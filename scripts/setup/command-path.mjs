import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a command is found on the PATH, or undefined. */
export function commandPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
