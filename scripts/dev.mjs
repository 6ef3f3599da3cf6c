// `npm run dev`: the demo from its sources, with reload: the hub and the base
// start again when a source changes, the dashboard is served by Vite.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildFirmware } from './make/parts.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.log(line);
if (!ensureNodeModules(root, say)) process.exit(2);
if (['failed', 'unavailable'].includes(await buildFirmware(root, say))) {
  say('Going on with TypeScript virtual units.');
}

const httpPort = flagValue('--http-port') ?? process.env.SIGNALBOX_HTTP_PORT ?? '8080';
let stopping = false;
const sources = ['--conditions=source', '--import', 'tsx'];
const children = [
  start([...sources, 'cli/run.ts', 'demo', '--watch', ...process.argv.slice(2)]),
  start(
    [
      '--conditions=source',
      'node_modules/vite/bin/vite.js',
      '--config',
      'dashboard/vite.config.ts',
    ],
    { stdin: 'ignore', env: { SIGNALBOX_HUB: `http://localhost:${httpPort}` } },
  ),
];

function flagValue(name) {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

function start(args, { stdin = 'inherit', env = {} } = {}) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: [stdin, 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  child.on('exit', (code) => {
    process.exitCode ||= code ?? 1;
    // If one ends, the other is stopped too; a second signal would mean "immediately".
    if (!stopping) stopAll();
  });
  return child;
}

function stopAll() {
  stopping = true;
  for (const child of children) child.kill('SIGTERM');
}

// Ctrl-C reaches the children directly; this waits for them.
process.on('SIGINT', () => {
  stopping = true;
});
process.on('SIGTERM', stopAll);
