import { existsSync } from 'node:fs';

/** The folder of package.json, with a slash at its end: above the sources as above the bundle. */
export const PACKAGE_ROOT: URL = nearestPackage(new URL('./', import.meta.url));

function nearestPackage(folder: URL): URL {
  const above = new URL('../', folder);
  const isFound = existsSync(new URL('package.json', folder)) || above.href === folder.href;
  return isFound ? folder : nearestPackage(above);
}
