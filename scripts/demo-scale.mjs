// `npm run demo:scale`: three hubs on one PostgreSQL behind HAProxy, with Redis as their bus, a
// base and two units, all on the loopback of this machine, to see a hub die and come back
// (docs/scale.md section 6).
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDashboard, buildFirmware, buildPrograms } from './make/parts.mjs';
import { ensurePackages, installLine, PACKAGES } from './setup/debian-packages.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { requireNode } from './setup/node-version.mjs';

const HELP = `usage: npm run demo:scale -- [options]

Three hubs behind HAProxy, with PostgreSQL and Redis, a base and two units. All
listens on 127.0.0.1, and all data is thrown away at the end.

  --http-port PORT    the dashboard, at the balancer (default 8000)
  --https-port PORT   where the base connects, at the balancer (default 8443)
  --first-port PORT   of ten in a row, for the programs behind it (default 8100)
`;

requireNode();
const root = join(import.meta.dirname, '..');
const say = (line) => console.log(line);

const { values } = parseArgs({
  options: {
    'http-port': { type: 'string', default: '8000' },
    'https-port': { type: 'string', default: '8443' },
    'first-port': { type: 'string', default: '8100' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const missing = ensurePackages([PACKAGES.postgres, PACKAGES.redis, PACKAGES.haproxy], say);
if (missing.length > 0) {
  console.error(installLine('The demo of several hubs', missing));
  process.exit(2);
}
if (!ensureNodeModules(root, say)) process.exit(2);
const built = [await buildPrograms(root, say), await buildDashboard(root, say)];
if (built.includes('failed')) process.exit(2);
await buildFirmware(root, say);

const { ScaleDemo } = await import('./demo-scale/scale-demo.mjs');
const demo = new ScaleDemo({
  ...{ root, say },
  httpPort: Number(values['http-port']),
  httpsPort: Number(values['https-port']),
  firstPort: Number(values['first-port']),
});

let isStopping = false;
async function stop(exitCode) {
  if (isStopping) {
    demo.kill();
    process.exit(1);
  }
  isStopping = true;
  say('Stopping; Ctrl-C again to kill.');
  await demo.stop();
  say('Stopped.');
  process.exit(exitCode);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));

try {
  const signIn = await demo.start();
  say(`
Three hubs behind one address are running.

Dashboard         http://localhost:${values['http-port']}/
First sign-in     ${signIn}

${demo.states().join('\n')}

Type 1, 2 or 3 and Enter to kill that hub, and again to start it; p for PostgreSQL, r for
Redis, s to see what runs. Ctrl-C stops all.
`);
} catch (error) {
  if (!isStopping) {
    console.error(error.message);
    await stop(2);
  }
}

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  for (const key of text.split(/\s+/).filter(Boolean)) {
    if (key === 's') say(demo.states().join('\n'));
    else if (/^[123pr]$/.test(key)) void demo.toggle(key);
    else say('1, 2, 3, p, r or s; Ctrl-C stops all.');
  }
});
