import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { freePorts } from './free-ports.ts';

const PROGRAMS = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'];

/** Undefined: it is not installed. */
export function haproxyProgram(): string | undefined {
  return PROGRAMS.find((path) => existsSync(path));
}

/** The configuration of docs/scale.md, for these ports. */
function documentedConfiguration(port: number, hubPorts: readonly number[]): string {
  const page = readFileSync(join(REPOSITORY, 'docs/scale.md'), 'utf8');
  const [, text = ''] = /<!-- haproxy -->\s*```\n([^]*?)```/.exec(page) ?? [];
  const servers = hubPorts.map((hub, index) => `  server hub${index + 1} 127.0.0.1:${hub}`);
  const configuration = text
    .replace('bind :8000', `bind 127.0.0.1:${port}`)
    .replace('  server hub1 127.0.0.1:8080', servers.join('\n'));
  if (!configuration.includes(`127.0.0.1:${port}`) || !configuration.includes(servers.join('\n'))) {
    throw new Error('docs/scale.md has another configuration than this expects');
  }
  return configuration;
}

/** HAProxy as documented, in front of hubs on these ports. @returns its address. */
export async function startHaproxy(hubPorts: readonly number[], cleanup: Cleanup): Promise<string> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  await runHaproxy({ configuration: documentedConfiguration(port, hubPorts), url }, cleanup);
  return url;
}

/** Resolves once a hub answers through it, at `url`. */
export async function runHaproxy(
  { configuration, url }: { readonly configuration: string; readonly url: string },
  cleanup: Cleanup,
): Promise<void> {
  const program = haproxyProgram();
  if (program === undefined) throw new Error('HAProxy is not installed');
  const file = join(temporaryFolder(cleanup), 'haproxy.cfg');
  writeFileSync(file, configuration);
  let complaints = '';
  const child: ChildProcess = spawn(program, ['-db', '-f', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  cleanup.add(async () => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });
  await until('HAProxy answers', async () => {
    if (child.exitCode !== null) throw new Error(complaints);
    return (await fetch(`${url}/healthz`).catch(() => undefined))?.ok === true ? true : undefined;
  });
}
