import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a package of dist/client: the export `./client` of this one and nothing else, so that
 * `npm pack` of it installs without the hub and its native modules. Its name is the same: a
 * program imports `signalbox/client` from either.
 */
export function writeClientPackage(root) {
  const folder = join(root, 'dist/client');
  const { name, version, license, engines, dependencies, repository } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const manifest = {
    ...{ name, version, description: 'The API of a Signalbox hub, for Node and browsers' },
    ...{ license, repository, type: 'module', sideEffects: false, engines },
    exports: { './client': { types: './types/client/hub.d.ts', default: './client.js' } },
    imports: { '#protocol/*.ts': { types: './types/protocol/*.d.ts' } },
    dependencies: { zod: dependencies.zod },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(join(root, 'docs/client.md'), join(folder, 'README.md'));
}
