import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeClientPackage } from './client-package.mjs';
import { run, seconds } from './run.mjs';
import { contentStamp, StampFile } from './stamp.mjs';
import { TSC } from './tsc.mjs';

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

/** `signalbox/client` as a package of its own: dist/client/, bundled, with its types. */
export async function buildClient(root, say) {
  const inputs = ['client', 'protocol', 'docs/client.md', 'tsconfig.json'];
  const makers = ['client.config.mjs', 'client-types.json', 'client-package.mjs'];
  return buildPart({
    root,
    say,
    name: 'client',
    inputs: [...inputs, ...makers.map((name) => `scripts/make/${name}`), 'package.json'],
    output: 'dist/client/types/client/hub.d.ts',
    command: viteBuild('scripts/make/client.config.mjs'),
    next: [process.execPath, TSC, '-p', 'scripts/make/client-types.json'],
    after: () => writeClientPackage(root),
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
  next,
  after,
  unavailableCode,
}) {
  const stamp = contentStamp(root, inputs) + variant;
  const file = new StampFile(root, name);
  if (file.matches(stamp) && existsSync(join(root, output))) return 'fresh';
  file.clear();
  say(`Building the ${name}`);
  before?.();
  const options = { cwd: root, ...(env ? { env } : {}) };
  let result = await run(command[0], command.slice(1), options);
  if (result.code === 0 && next) {
    const { ms, ...rest } = await run(next[0], next.slice(1), options);
    result = { ...rest, ms: result.ms + ms };
  }
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

function viteBuild(config) {
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--config', config];
  return [process.execPath, ...vite, '--logLevel', 'warn'];
}

/** Chunks are named by their content: those of the build before would stay. */
function dropPrograms(root) {
  const folder = join(root, 'dist');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name !== 'dashboard' && name !== 'client')
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}
