import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '#platform/files/package-root.ts';

/** This command line from its sources, started again whenever one of them changes. */
export function watchedSelf(): { readonly command: string; readonly args: readonly string[] } {
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const run = fileURLToPath(new URL('cli/run.ts', PACKAGE_ROOT));
  const flags = ['watch', '--clear-screen=false', '--conditions=source'];
  return { command: process.execPath, args: [tsx, ...flags, run] };
}
