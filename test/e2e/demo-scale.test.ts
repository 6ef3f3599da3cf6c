import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { Command } from '#protocol/command/command.ts';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { noCluster } from '../faults/cluster/start-cluster.ts';
import { ApiClient } from '../harness/api-client.ts';
import { freePorts } from '../harness/free-ports.ts';
import { isRedisInstalled } from '../../hub/testing/redis-server.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';

const isBuilt = existsSync(join(REPOSITORY, 'dist/cli/process.js')) && firmwareIsBuilt();
const START_MS = 90_000;

type Demo = ChildProcessByStdio<Writable, Readable, Readable>;

async function startScaleDemo(): Promise<{ demo: Demo; printed: () => string; url: string }> {
  const [http = 0, https = 0] = await freePorts(2);
  const flags = { 'http-port': http, 'https-port': https, 'first-port': await freeTen() };
  const demo = spawn(
    process.execPath,
    [
      join(REPOSITORY, 'scripts/demo-scale.mjs'),
      ...Object.entries(flags).flatMap(([name, port]) => [`--${name}`, String(port)]),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let text = '';
  for (const stream of [demo.stdout, demo.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  atTestEnd.add(async () => {
    if (demo.exitCode !== null) return;
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    demo.kill('SIGINT');
    await ended;
  });
  await until(
    'the demo runs',
    () => {
      if (demo.exitCode !== null) throw new Error(text);
      return text.includes('Ctrl-C stops all');
    },
    START_MS,
  );
  return { demo, printed: () => text, url: `http://127.0.0.1:${http}` };
}

/** The first of ten free ports in a row. */
async function freeTen(): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1);
    const row = Array.from({ length: 10 }, (_, index) => first + index);
    const free = await Promise.all(row.map((port) => isFree(port)));
    if (free.every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  const { createServer } = process.getBuiltinModule('node:net');
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The owner, and what turns the lamp of the demo. */
async function signIn(url: string, setupCode: string) {
  const api = new ApiClient({ url, cleanup: atTestEnd });
  const account = { email: 'ada@example.org', name: 'Ada', password: 'a lamp in the window' };
  await api.post(SessionView, '/api/sign-up', { ...account, setupCode });
  const { sites } = await api.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const lamp = await until('the lamp is ready', async () => {
    const path = `/api/sites/${sites[0]?.id}/snapshot`;
    const { units } = await api.get(SiteSnapshot, path);
    return units.find(({ name, presence }) => name === 'Lamp' && presence.state === 'ready');
  });
  const turn = async (input: string): Promise<string> => {
    const body = { verb: 'enqueue', affordance: 'color', input, ttlMs: 60_000 };
    const { state } = await api.call(Command, 'POST', `/api/units/${lamp.id}/commands`, {
      ...{ body, headers: { prefer: 'wait=30' } },
    });
    return state;
  };
  return { turn };
}

it.skipIf(!isBuilt || noCluster() !== undefined || !isRedisInstalled())(
  'npm run demo:scale executes commands before and after a hub has died, and stops',
  async () => {
    const { demo, printed, url } = await startScaleDemo();
    const [, code = ''] = /#code=(\S+)/.exec(printed()) ?? [];
    const { turn } = await signIn(url, code);
    expect(await turn('#112233')).toBe('succeeded');
    demo.stdin.write('2\n');
    await until('it is killed', () => printed().includes('hub 2 was killed'));
    expect(await turn('#332211')).toBe('succeeded');
    demo.stdin.write('2\n');
    await until('it is started', () => printed().includes('hub 2 is started again'));
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    demo.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(printed()).toMatch(/Stopped\.\s*$/);
  },
  180_000,
);
