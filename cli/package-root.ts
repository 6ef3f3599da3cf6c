import { existsSync } from 'node:fs';

/**
 * The folder of package.json, with a slash at its end: one above cli/ in the
 * sources, two above dist/cli/ when compiled.
 */
export const PACKAGE_ROOT: URL = nearestPackage(new URL('../', import.meta.url));

function nearestPackage(folder: URL): URL {
  return existsSync(new URL('package.json', folder)) ? folder : new URL('../', folder);
}
