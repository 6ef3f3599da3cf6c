import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { REPOSITORY } from '../architecture/source.ts';

const execute = promisify(execFile);

/**
 * An otherwise empty folder into which the packed client was installed without a network, with
 * the one package that it depends on.
 */
export async function installedClient(cleanup: Cleanup): Promise<string> {
  const folder = temporaryFolder(cleanup);
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  const npm = async (...args: readonly string[]) => {
    const own = ['--no-audit', '--no-fund', '--ignore-scripts', '--offline', '--loglevel=error'];
    const { stdout } = await execute('npm', [...args, ...own], { cwd: folder });
    return stdout;
  };
  for (const path of ['dist/client', 'node_modules/zod']) {
    await npm('pack', join(REPOSITORY, path), '--pack-destination', packed);
  }
  const manifest = { private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const archives = readdirSync(packed).map((name) => join(packed, name));
  await npm('install', ...archives);
  return folder;
}
