import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../architecture/source.ts';
import { atTestEnd, temporaryFolder } from '../harness/cleanup.ts';
import { until } from '../harness/until.ts';

const SIGNALBOX = join(REPOSITORY, 'bin/signalbox.js');
const PORTS = ['--https-port', '0', '--https-host', '127.0.0.1', '--http-port', '0'];

interface RunningHub {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly output: () => string;
}

/** In a process group of its own, as a terminal makes one for each command. */
function spawnHub(data: string, [command, ...args]: readonly [string, ...string[]]): RunningHub {
  const child = spawn(command, [...args, 'hub', '--data', data, ...PORTS], {
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
  atTestEnd.add(() => {
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
): Promise<RunningHub> {
  const hub = spawnHub(data, command);
  await until('the hub is ready', () => hub.output().includes('"event":"ready"'), 20_000);
  return hub;
}

const direct = [process.execPath, SIGNALBOX] as const;
/** As npx starts a program: npx, a shell, the program. */
const wrapped = ['sh', '-c', `sh -c '"$0" "$@"; :' "$0" "$@"; :`, ...direct] as const;

const isOver = ({ child }: RunningHub) => child.exitCode !== null || child.signalCode !== null;
const endsInGoodOrder = async (hub: RunningHub) => {
  await until('the hub has stopped', () => hub.output().includes('hub stopped'), 10_000);
};

describe('a hub that is asked to stop', () => {
  it('by a whole process group stops in good order, whichever signals reach it', async () => {
    const wishes = [
      ['SIGTERM', 'SIGTERM'],
      ['SIGHUP', 'SIGTERM'],
      ['SIGINT', 'SIGINT'],
    ] as const;
    await Promise.all(
      wishes.map(async (signals) => {
        const hub = await startHub(temporaryFolder(atTestEnd), direct);
        for (const signal of signals) process.kill(-hub.pid, signal);
        await endsInGoodOrder(hub);
        await until('it has ended', () => isOver(hub));
        expect(hub.child.exitCode, signals.join()).toBe(0);
      }),
    );
  });

  it('goes with the program that npx is, however that ends', async () => {
    await Promise.all(
      (['SIGHUP', 'SIGKILL'] as const).map(async (signal) => {
        const hub = await startHub(temporaryFolder(atTestEnd), wrapped);
        process.kill(hub.pid, signal);
        await endsInGoodOrder(hub);
      }),
    );
  });
});

describe('two hubs on one data folder', () => {
  it('are one hub, and a sentence', async () => {
    const data = temporaryFolder(atTestEnd);
    const both = [spawnHub(data, direct), spawnHub(data, direct)];
    await until('one of them is refused', () => both.some(isOver), 20_000);
    await until(
      'the other is ready',
      () => both.some((hub) => hub.output().includes('"event":"ready"')),
      20_000,
    );
    const refused = both.find(isOver);
    const running = both.find((hub) => hub !== refused);
    expect(refused?.child.exitCode).toBe(2);
    expect(refused?.output()).toBe(
      `signalbox hub: Another hub runs on ${data}: stop it, or choose another folder with --data.\n`,
    );
    // A hub that was killed leaves nothing behind that would keep the next one out.
    running?.child.kill('SIGKILL');
    await until('it has ended', () => both.every(isOver));
    await startHub(data, direct);
    expect(existsSync(join(data, 'hub.db'))).toBe(true);
    expect(readFileSync(join(data, 'hub.lock'))).toHaveLength(0);
  });
});
