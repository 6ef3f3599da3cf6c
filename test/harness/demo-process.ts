import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { REPOSITORY } from '../architecture/source.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePortPair, freePorts } from './free-ports.ts';
import { until } from '#platform/testing/until.ts';

export interface DemoProcess {
  readonly httpUrl: string;
  readonly httpsPort: number;
  readonly ports: DemoPorts;
  readonly data: string;
  /** The one-time address for the first account. */
  readonly signInUrl: string;
  /** The code in that address. */
  readonly setupCode: string;
  /** All that the demo has printed. */
  readonly output: () => string;
  /** Sends Ctrl-C and waits for the end; the exit code. */
  readonly interrupt: () => Promise<number | null>;
}

const START_MS = 30_000;

/** Starts the built `signalbox demo` as a user would, with its own ports and folder. */
export async function startDemo(
  cleanup: Cleanup,
  options: {
    /** An earlier demo, whose data and ports this one uses. */
    readonly after?: DemoProcess;
    readonly args?: readonly string[];
  } = {},
): Promise<DemoProcess> {
  const data = options.after?.data ?? temporaryFolder(cleanup);
  const ports = options.after?.ports ?? (await demoPorts());
  const [httpsPort, httpPort] = ports;
  const child = spawnDemo(['--data', data, ...portFlags(ports), ...(options.args ?? [])]);
  const printed = collectOutput(child);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  const interrupt = (): Promise<number | null> => {
    child.kill('SIGINT');
    return ended;
  };
  cleanup.add(async () => {
    if (child.exitCode === null && child.signalCode === null) await interrupt();
  });
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  await until(
    'the demo runs',
    () => {
      if (child.exitCode !== null) throw new Error(`the demo ended:\n${printed.text}`);
      return printed.text.includes('Ctrl-C');
    },
    START_MS,
  );
  const [signInUrl = '', setupCode = ''] = /http:\/\/\S+#code=(\S+)/.exec(printed.text) ?? [];
  return {
    httpUrl,
    httpsPort,
    ports,
    data,
    signInUrl,
    setupCode,
    output: () => printed.text,
    interrupt,
  };
}

/**
 * Runs a demo that is expected to end, by itself or by Ctrl-C while it
 * starts; on free ports where the arguments name none.
 */
export async function runDemoToItsEnd(
  args: readonly string[],
  { isInterrupted = false }: { readonly isInterrupted?: boolean } = {},
): Promise<{ code: number | null; output: string }> {
  // The later of two equal flags counts.
  const child = spawnDemo([...portFlags(await demoPorts()), ...args]);
  const printed = collectOutput(child);
  // At its first word: it has begun to start programs, and is far from done.
  if (isInterrupted) child.stdout.once('data', () => child.kill('SIGINT'));
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', (exitCode) => resolve(exitCode));
  });
  return { code, output: printed.text };
}

type DemoPorts = readonly [https: number, http: number, unit: number];

async function demoPorts(): Promise<DemoPorts> {
  const [https = 0, http = 0] = await freePorts(2);
  // The second unit of the demo uses the port after the first one's.
  return [https, http, await freePortPair()];
}

function portFlags([https, http, unit]: DemoPorts): string[] {
  return [
    ...['--https-port', String(https), '--http-port', String(http)],
    ...['--unit-port', String(unit)],
  ];
}

function spawnDemo(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(REPOSITORY, 'bin/signalbox.js'), 'demo', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function collectOutput(child: ChildProcessByStdio<null, Readable, Readable>): { text: string } {
  const printed = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (printed.text += text));
  }
  return printed;
}
