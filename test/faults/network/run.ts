import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { play } from '../play.ts';
import { reportLines } from '../report.ts';
import { namespaceObstacle } from './namespaces.ts';
import { networkScenarios } from './scenarios.ts';
import { SiteNetwork } from './site-network.ts';

/** Names the namespaces of a run; set for the part of it that is played inside them. */
const INSIDE = 'SIGNALBOX_NETWORK_INSIDE';

const { values } = parseArgs({
  options: {
    network: { type: 'boolean', default: true },
    long: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
  },
  strict: false,
});

/** The names of the scenarios; their networks are created only when they run. */
const NAMES = [
  'forgetful-router',
  'black-hole',
  'lossy-line',
  'cut-line',
  'swap',
  'readdressed',
  'slow-line',
];

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Makes a network for each scenario, and plays it in the namespace of the hub. */
async function outside(): Promise<number> {
  const obstacle = namespaceObstacle();
  if (obstacle !== undefined) {
    process.stdout.write(`skipped: ${obstacle}\n`);
    return 0;
  }
  const only = Array.isArray(values.only) ? values.only : [];
  const names = NAMES.filter((name) => only.length === 0 || only.includes(name));
  let failed = 0;
  let ended: NodeJS.Signals | undefined;
  let stop: (() => void) | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      ended ??= signal;
      stop?.();
    });
  }
  for (const [index, name] of names.entries()) {
    if (ended !== undefined) break;
    const cleanup = new CleanupStack();
    try {
      const prefix = `sbx${process.pid}x${index}`;
      const network = SiteNetwork.make(prefix, cleanup);
      const [enter = '', ...args] = network.enter('hub');
      const again = [process.execPath, '--conditions=source', '--import', 'tsx'];
      const child = spawn(
        enter,
        [
          ...args,
          ...again,
          fileURLToPath(import.meta.url),
          ...(values.long === true ? ['--long'] : []),
        ],
        { stdio: 'inherit', env: { ...process.env, [INSIDE]: `${prefix} ${name}` } },
      );
      stop = () => void child.kill('SIGTERM');
      const status = await new Promise<number | null>((resolve) => child.on('exit', resolve));
      stop = undefined;
      if (status !== 0) failed += 1;
    } finally {
      await cleanup.run();
    }
  }
  if (ended !== undefined) return 128 + constants.signals[ended];
  process.stdout.write(`${names.length - failed} of ${names.length} without a violation\n`);
  return failed === 0 ? 0 : 1;
}

async function inside(prefix: string, name: string): Promise<number> {
  const scenario = networkScenarios(new SiteNetwork(prefix)).find((one) => one.name === name);
  if (!scenario) return 64;
  process.stdout.write(`▸ ${scenario.name}: ${scenario.description}\n`);
  const played = await play(scenario, {
    seed: typeof values.seed === 'string' ? Number(values.seed) : randomInt(1, 2 ** 31),
    isLong: values.long === true,
    say: (line) => void process.stdout.write(`    ${line}\n`),
  });
  process.stdout.write(`${reportLines({ scenario, played }).join('\n')}\n`);
  return played.kind === 'played' && played.result.violations.length > 0 ? 1 : 0;
}

process.on('unhandledRejection', (error) => {
  process.stderr.write(`left behind: ${String(error)}\n`);
});
const [prefix, name] = (process.env[INSIDE] ?? '').split(' ');
process.exit(prefix && name ? await inside(prefix, name) : await outside());
