import { execFile, spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '#platform/testing/until.ts';
import { Command } from '#protocol/command/command.ts';
import { SiteEvent } from '#protocol/events/site-event.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { installedClient } from '../harness/client-package.ts';
import { startedOnce } from '../harness/started-once.ts';
import { startSystem } from '../harness/system.ts';

const execute = promisify(execFile);
const EXAMPLES = join(REPOSITORY, 'examples');

describe('the packed client, installed alone', () => {
  const started = startedOnce(async (cleanup) => {
    const folder = await installedClient(cleanup);
    const options = { units: ['lamp'], implementation: 'virtual', cleanup } as const;
    const system = await startSystem(options);
    const lamp = system.unit('lamp');
    const { name } = await lamp.ready();
    const { secret } = await system.api.post(TokenCreated, '/api/account/tokens', {
      name: 'examples',
      scope: 'control',
    });
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, system.hub.ca);
    const env = {
      ...process.env,
      ...{ NODE_EXTRA_CA_CERTS: ca, CURL_CA_BUNDLE: ca, NODE_OPTIONS: '' },
      ...{ SIGNALBOX_URL: system.hub.url, SIGNALBOX_TOKEN: secret },
    };
    const runIn = async (program: string, ...args: readonly string[]) =>
      (await execute(program, args, { cwd: folder, env, timeout: 30_000 })).stdout;
    return { folder, system, lamp, name, secret, env, runIn };
  });

  it('brings nothing but zod, and nothing native', () => {
    const { folder } = started();
    const modules = join(folder, 'node_modules');
    const packages = readdirSync(modules).filter((name) => !name.startsWith('.'));
    expect(packages.sort()).toEqual(['signalbox', 'zod']);
    const files = readdirSync(modules, { recursive: true }).map(String);
    expect(files.filter((path) => /\.node$|binding\.gyp$/.test(path))).toEqual([]);
    const code = readFileSync(join(modules, 'signalbox/client.js'), 'utf8');
    expect(code).not.toMatch(/from ["']node:|\brequire\(|\bprocess\./);
  });

  it('has types that a program compiles against', async () => {
    const { folder, runIn } = started();
    const program = [
      "import { AppError, connectHub, type SiteNews } from 'signalbox/client';",
      'const hub = connectHub({ url: "https://hub.example", token: "sbx_x" });',
      'export async function names(site: string): Promise<string[]> {',
      '  try { return (await hub.units(site)).map((unit) => unit.name); }',
      '  catch (error) { return error instanceof AppError && error.code === "site_unknown" ? [] : []; }',
      '}',
      'export function told(news: SiteNews): boolean {',
      '  if (news.type === "command.ended") return news.data.state === "succeeded";',
      '  // @ts-expect-error there is no such type of news',
      '  return news.type === "made up";',
      '}',
    ].join('\n');
    writeFileSync(join(folder, 'program.ts'), program);
    const tsc = join(REPOSITORY, 'node_modules/typescript-7/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--lib', 'es2023,dom,dom.iterable', '--types', ''];
    expect(await runIn(process.execPath, tsc, ...options, ...types, 'program.ts')).toBe('');
  });

  it('runs the example for Node', async () => {
    const { folder, name, runIn } = started();
    copyFileSync(join(EXAMPLES, 'node/switch-and-follow.mjs'), join(folder, 'example.mjs'));
    const out = await runIn(process.execPath, 'example.mjs', name, 'brightness', '37');
    const lines = out.trim().split('\n');
    expect(lines.slice(0, 2)).toEqual([`${name}: ready`, 'succeeded: 37']);
    const events = lines.slice(2).map((line) => SiteEvent.parse(JSON.parse(line)));
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['command.issued', 'command.ended']),
    );
    const refused = runIn(process.execPath, 'example.mjs', name, 'no-such', '1');
    await expect(refused).rejects.toThrow(/^bad_request: /m);
  });

  it('runs the examples for a shell', async () => {
    const { system, lamp, env, runIn } = started();
    const shell = join(EXAMPLES, 'shell');
    const answer = await runIn(join(shell, 'switch.sh'), lamp.id, 'brightness', '12');
    expect(Command.parse(JSON.parse(answer))).toMatchObject({ state: 'succeeded', output: 12 });
    const following = spawn(join(shell, 'follow.sh'), [system.site.id], { env, detached: true });
    let out = '';
    following.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const lines = await until('the first event', () => /^(.*)\n(.*)\n/.exec(out) ?? undefined);
    // The shell, and what it started.
    process.kill(-(following.pid ?? 0));
    const line = lines[2] ?? '';
    expect(SiteEvent.parse(JSON.parse(line)).rev).toBe(1);
  });

  // Node-RED itself has 300 packages. This is what its function nodes give to their code.
  it('runs the example for Node-RED as the code of a function node', async () => {
    const { folder, system, lamp, secret } = started();
    const client: unknown = createRequire(join(folder, 'x.js'))('signalbox/client');
    const settings = new Map([
      ['SIGNALBOX_URL', system.hub.httpUrl],
      ['SIGNALBOX_TOKEN', secret],
      ['SIGNALBOX_UNIT', lamp.id],
      ['SIGNALBOX_PROPERTY', 'brightness'],
    ]);
    const said: unknown[] = [];
    const sandbox = {
      global: { get: (name: string) => (name === 'signalbox' ? client : undefined) },
      env: { get: (name: string) => settings.get(name) },
      node: {
        status: (status: unknown) => said.push(status),
        error: (text: string) => said.push(text),
      },
    };
    const code = readFileSync(join(EXAMPLES, 'node-red/set-property.js'), 'utf8');
    const wrapped = `(async function (msg, __send__, __done__) {\n${code}\n})`;
    const run = z.function({ input: [z.unknown()], output: z.promise(z.unknown()) });
    const node = run.parse(vm.runInNewContext(wrapped, sandbox));
    expect(await node({ payload: 21 })).toMatchObject({
      payload: 21,
      command: { state: 'succeeded' },
    });
    expect(await node({ payload: 'bright' })).toBeNull();
    expect(said.slice(0, 2)).toMatchObject([{ text: 'sent' }, { text: 'succeeded' }]);
    expect(said.at(-1)).toMatch(/^input_invalid: /);
  });
});
