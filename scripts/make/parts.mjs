import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, seconds } from './run.mjs';
import { contentStamp, StampFile } from './stamp.mjs';

/** Folders whose TypeScript runs on Node.js in production. */
const NODE_FOLDERS = [
  'protocol',
  'platform',
  'client',
  'hub',
  'base-unit',
  'cli',
  'firmware/virtual',
];

/** @typedef {'fresh' | 'built' | 'failed' | 'unavailable'} BuildOutcome */

/** The programs: Vite bundles them into dist/; for a profile with maps of the packages in them. */
export async function buildPrograms(root, say, { mapPackages = false } = {}) {
  return buildPart({
    root,
    say,
    name: 'programs',
    inputs: [...NODE_FOLDERS, 'scripts/make/programs.config.mjs', 'package-lock.json'],
    output: 'dist/cli/process.js',
    command: viteBuild('scripts/make/programs.config.mjs'),
    env: {
      NODE_OPTIONS: '--conditions=source',
      ...(mapPackages ? { SIGNALBOX_MAP_PACKAGES: '1' } : {}),
    },
    variant: mapPackages ? 'packages mapped' : '',
    before: () => dropPrograms(root),
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
    command: viteBuild('dashboard/vite.config.ts'),
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
  variant = '',
  before,
  unavailableCode,
}) {
  const stamp = contentStamp(root, inputs) + variant;
  const file = new StampFile(root, name);
  if (file.matches(stamp) && existsSync(join(root, output))) return 'fresh';
  file.clear();
  say(`Building the ${name}`);
  before?.();
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
  file.write(stamp);
  say(`Built the ${name} in ${seconds(result.ms)}`);
  return 'built';
}

function viteBuild(config) {
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--config', config];
  return [process.execPath, ...vite, '--logLevel', 'warn'];
}

/** Chunks are named by their content: those of the build before would stay. */
function dropPrograms(root) {
  const folder = join(root, 'dist');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name !== 'dashboard') rmSync(join(folder, name), { recursive: true, force: true });
  }
}
