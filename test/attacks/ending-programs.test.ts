import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../architecture/source.ts';
import { CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';

const SIGNALBOX = join(REPOSITORY, 'bin/signalbox.js');
const START_MS = 30_000;
const cleanup = new CleanupStack();
const folder = () => temporaryFolder(cleanup);
const PORTS = ['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', '0'];

interface RunningHub {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly output: () => string;
}

/** In a process group of its own, as a terminal makes one for each command. */
function spawnHub(
  data: string,
  [command, ...args]: readonly [string, ...string[]],
  settings: readonly string[] = [],
): RunningHub {
  const child = spawn(command, [...args, 'hub', '--data', data, ...PORTS, ...settings], {
    cwd: REPOSITORY,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, npm_lifecycle_event: 'npx' },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (printed += text));
  }
  const pid = child.pid ?? 0;
  cleanup.add(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      return;
    }
  });
  return { child, pid, output: () => printed };
}

async function startHub(
  data: string,
  command: readonly [string, ...string[]],
  settings: readonly string[] = [],
): Promise<RunningHub> {
  const hub = spawnHub(data, command, settings);
  await until('the hub is ready', () => hub.output().includes('"event":"ready"'), START_MS);
  return hub;
}

const direct = [process.execPath, SIGNALBOX] as const;
/** As npx starts a program: npx, a shell, the program. */
const wrapped = ['sh', '-c', `sh -c '"$0" "$@"; :' "$0" "$@"; :`, ...direct] as const;

const isOver = ({ child }: RunningHub) => child.exitCode !== null || child.signalCode !== null;
const isReady = ({ output }: RunningHub) => output().includes('"event":"ready"');
const endsInGoodOrder = async (hub: RunningHub) => {
  await until('the hub has stopped', () => hub.output().includes('hub stopped'), 10_000);
};

interface Twins {
  readonly data: string;
  readonly refused: RunningHub;
  /** Started on the folder of the one that ran, after that was killed. */
  readonly successor: RunningHub;
}

/** Two hubs that start on one folder at the same moment. */
async function startTwins(): Promise<Twins> {
  const data = folder();
  const both = [spawnHub(data, direct), spawnHub(data, direct)];
  await until('one of them is refused', () => both.some(isOver), START_MS);
  await until('the other is ready', () => both.some(isReady), START_MS);
  const [refused] = both.filter(isOver);
  const running = both.find((hub) => hub !== refused);
  if (!refused || !running) throw new Error('both hubs have ended');
  running.child.kill('SIGKILL');
  await until('it has ended', () => isOver(running));
  return { data, refused, successor: await startHub(data, direct) };
}

/** Started once, side by side: a start is most of what each case takes. */
async function startAll() {
  const [twins, terminated, hungUp, shellHungUp, shellKilled, leaving] = await Promise.all([
    startTwins(),
    startHub(folder(), direct),
    startHub(folder(), direct),
    startHub(folder(), wrapped),
    startHub(folder(), wrapped),
    startHub(folder(), direct, ['--drain-wait', '300']),
  ]);
  return { twins, terminated, hungUp, shellHungUp, shellKilled, leaving };
}

let hubs: Awaited<ReturnType<typeof startAll>>;
beforeAll(async () => {
  hubs = await startAll();
});
afterAll(() => cleanup.run());

describe('a hub that is told to stop', () => {
  it('by a whole process group stops in good order, whichever signals reach it', async () => {
    const desired = [
      [hubs.terminated, 'SIGTERM', 'SIGTERM'],
      [hubs.hungUp, 'SIGHUP', 'SIGTERM'],
      [hubs.twins.successor, 'SIGINT', 'SIGINT'],
    ] as const;
    await Promise.all(
      desired.map(async ([hub, ...signals]) => {
        for (const signal of signals) process.kill(-hub.pid, signal);
        await endsInGoodOrder(hub);
        await until('it has ended', () => isOver(hub));
        expect(hub.child.exitCode, signals.join()).toBe(0);
      }),
    );
  });

  it('serves on, unready, while its balancer may not have noticed, and stops when told again', async () => {
    const { leaving } = hubs;
    const address = /"http":"([^"]+)"/.exec(leaving.output())?.[1] ?? '';
    const answerOf = async (path: string) => {
      const { status, headers } = await fetch(address + path);
      return [status, headers.get('connection')];
    };
    expect(await answerOf('/readyz')).toEqual([200, 'keep-alive']);
    process.kill(leaving.pid, 'SIGTERM');
    await until('it is unready', async () => (await answerOf('/readyz'))[0] === 503);
    expect(await answerOf('/api/ca')).toEqual([200, 'close']);
    // One that comes within a second is the first one, once more.
    await until('it does not wait any longer', () => {
      if (leaving.output().includes('"event":"draining"')) return true;
      process.kill(leaving.pid, 'SIGTERM');
      return undefined;
    });
    await endsInGoodOrder(leaving);
    await until('it has ended', () => isOver(leaving));
    expect(leaving.child.exitCode).toBe(0);
  });

  it('goes with the program that npx is, however that ends', async () => {
    const desired = [
      [hubs.shellHungUp, 'SIGHUP'],
      [hubs.shellKilled, 'SIGKILL'],
    ] as const;
    await Promise.all(
      desired.map(async ([hub, signal]) => {
        process.kill(hub.pid, signal);
        await endsInGoodOrder(hub);
      }),
    );
  });
});

describe('two hubs on one data folder', () => {
  it('are one hub, and a sentence', () => {
    const { data, refused } = hubs.twins;
    expect(refused.child.exitCode).toBe(2);
    expect(refused.output()).toBe(
      `signalbox hub: Another hub runs on ${data}: stop it, or choose another folder with --data.\n`,
    );
  });

  it('leave nothing behind, killed, that would keep the next one out', () => {
    const { data, successor } = hubs.twins;
    expect(isReady(successor)).toBe(true);
    expect(existsSync(join(data, 'hub.db'))).toBe(true);
    expect(readFileSync(join(data, 'hub.lock'))).toHaveLength(0);
  });
});
