import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../architecture/source.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { type DemoProcess, runDemoToItsEnd, startDemo } from '../harness/demo-process.ts';
import { until } from '#platform/testing/until.ts';

const isBuilt = existsSync(join(REPOSITORY, 'dist/cli/process.js'));

/** The process id of a child of the demo, by a word of its command line. */
function pidOf(word: string, data: string): number {
  const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (line.includes(data) && line.split('\0').includes(word)) return Number(pid);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`no process has ${word} in its command line`);
}

async function signUp({ httpUrl, setupCode }: DemoProcess): Promise<void> {
  const account = { email: 'ada@example.org', name: 'Ada', password: 'a lamp in the window' };
  const answer = await fetch(`${httpUrl}/api/sign-up`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: httpUrl },
    body: JSON.stringify({ ...account, setupCode }),
  });
  expect(answer.status).toBe(201);
}

describe.skipIf(!isBuilt)('the demo (needs npm run build)', () => {
  it('stops all in order on Ctrl-C, and keeps its data for the second start', async () => {
    const first = await startDemo(atTestEnd);
    expect(first.setupCode).not.toBe('');
    expect(first.output()).toMatch(/Lamp +(firmware \(C\+\+\)|TypeScript virtual unit)/);
    expect(first.output()).toMatch(/MQTT devices +mqtts:\/\/<this machine>:\d+,/);
    await signUp(first);
    expect(await first.interrupt()).toBe(0);
    expect(first.output().trimEnd()).toMatch(/Stopped\.$/);
    expect(first.output()).not.toContain('does not stop');

    // With an account there is no first sign-in to wait for: the wait would outlast startDemo's.
    const second = await startDemo(atTestEnd, { after: first });
    expect(second.output()).not.toContain('Pairing');
    expect(second.setupCode).toBe('');
    expect(await second.interrupt()).toBe(0);
  });

  it('runs on virtual units with --virtual, and says so', async () => {
    const demo = await startDemo(atTestEnd, { args: ['--virtual'] });
    expect(demo.output()).toMatch(/Lamp +TypeScript virtual unit/);
    expect(await demo.interrupt()).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')(
    'starts again what dies, and says so (finds processes in /proc)',
    async () => {
      const demo = await startDemo(atTestEnd);
      process.kill(pidOf('run', join(demo.data, 'base')), 'SIGKILL');
      await until('the end of the base is printed', () =>
        demo.output().includes('base ended by SIGKILL, restarting'),
      );
      await until('the base is back', () => demo.output().split('hub link ready').length - 1 === 2);
      expect(await demo.interrupt()).toBe(0);
    },
  );

  it('says in one sentence which port is in use, and ends with 2', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    atTestEnd.add(() => blocker.close());
    const address = blocker.address();
    const port = address !== null && typeof address !== 'string' ? address.port : 0;
    const { code, output } = await runDemoToItsEnd([
      ...['--data', temporaryFolder(atTestEnd), '--https-port', '1', '--http-port', String(port)],
    ]);
    expect(code).toBe(2);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toMatch(/^Port \d+ \(HTTPS? of the hub\)/);
  });

  it('leaves nothing behind when it is stopped while it starts', async () => {
    const data = temporaryFolder(atTestEnd);
    const { code, output } = await runDemoToItsEnd(['--data', data], { isInterrupted: true });
    expect(code, output).toBe(0);
    expect(() => pidOf('hub', join(data, 'hub'))).toThrow('no process');
  });
});
