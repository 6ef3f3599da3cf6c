import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run, seconds } from './run.mjs';
import { contentStamp, StampFile } from './stamp.mjs';
import { TSC } from './tsc.mjs';

/** Folders whose TypeScript runs on Node.js in production. */
export const NODE_FOLDERS = [
  'protocol',
  'platform',
  'client',
  'hub',
  'base-unit',
  'cli',
  'firmware/virtual',
];

/** @typedef {'fresh' | 'built' | 'failed' | 'unavailable'} BuildOutcome */

/** The programs: TypeScript to dist/. */
export async function buildPrograms(root, say) {
  return buildPart({
    root,
    say,
    name: 'programs',
    inputs: [...NODE_FOLDERS, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
    output: 'dist/cli/main.js',
    command: [process.execPath, TSC, '-p', 'tsconfig.build.json'],
    after: () => dropStaleOutput(root),
  });
}

/** The dashboard: Vite to dist/dashboard/. */
export async function buildDashboard(root, say) {
  return buildPart({
    root,
    say,
    name: 'dashboard',
    inputs: ['dashboard', 'client', 'protocol', 'tsconfig.json', 'package-lock.json'],
    output: 'dist/dashboard/index.html',
    command: [
      process.execPath,
      'node_modules/vite/bin/vite.js',
      'build',
      '--config',
      'dashboard/vite.config.ts',
      '--logLevel',
      'warn',
    ],
    env: { NODE_OPTIONS: '--conditions=source' },
  });
}

/** The C++ units for this machine; unavailable without a compiler or a library. */
export async function buildFirmware(root, say) {
  return buildPart({
    root,
    say,
    name: 'firmware',
    inputs: [
      'firmware/core',
      'firmware/units',
      'firmware/host',
      'firmware/CMakeLists.txt',
      'protocol/unit-link',
      'scripts/firmware-host.mjs',
    ],
    output: 'firmware/build/host/signalbox-unit',
    command: [process.execPath, 'scripts/firmware-host.mjs'],
    unavailableCode: 3,
  });
}

/** @returns {Promise<BuildOutcome>} */
async function buildPart({
  root,
  say,
  name,
  inputs,
  output,
  command,
  env,
  after,
  unavailableCode,
}) {
  const stamp = contentStamp(root, inputs);
  const file = new StampFile(root, name);
  if (file.matches(stamp) && existsSync(join(root, output))) return 'fresh';
  file.clear();
  say(`Building the ${name}`);
  const [program, ...args] = command;
  const result = await run(program, args, { cwd: root, ...(env ? { env } : {}) });
  if (result.code === unavailableCode) {
    say(result.output.trim());
    return 'unavailable';
  }
  if (result.code !== 0 || !existsSync(join(root, output))) {
    say(result.output.trimEnd());
    say(`Building the ${name} failed (exit ${result.code}).`);
    return 'failed';
  }
  after?.();
  file.write(stamp);
  say(`Built the ${name} in ${seconds(result.ms)}`);
  return 'built';
}

/** tsc never deletes: output of removed sources would still be importable. */
function dropStaleOutput(root) {
  for (const folder of NODE_FOLDERS) dropStale(root, join(root, 'dist', folder));
}

function dropStale(root, folder) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      dropStale(root, path);
      continue;
    }
    const source = join(root, relative(join(root, 'dist'), path)).replace(/\.js(\.map)?$/, '');
    if (!existsSync(`${source}.ts`) && !existsSync(source)) rmSync(path);
  }
}
