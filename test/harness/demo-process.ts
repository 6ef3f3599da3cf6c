import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from '../architecture/source.ts';
import { type Cleanup, temporaryFolder } from './cleanup.ts';
import { freePortPair, freePorts } from './free-ports.ts';
import { until } from './until.ts';

export interface DemoProcess {
  readonly httpUrl: string;
  readonly httpsPort: number;
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

/** Starts the built `signalbox demo` on ports and in a folder of its own, as a user would. */
export async function startDemo(
  cleanup: Cleanup,
  options: { readonly data?: string; readonly args?: readonly string[] } = {},
): Promise<DemoProcess> {
  const data = options.data ?? temporaryFolder(cleanup);
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  // The second unit of the demo takes the port after the first one's.
  const unitPort = await freePortPair();
  const child = spawn(
    process.execPath,
    [
      join(REPOSITORY, 'bin/signalbox.js'),
      'demo',
      '--data',
      data,
      '--https-port',
      String(httpsPort),
      '--http-port',
      String(httpPort),
      '--unit-port',
      String(unitPort),
      ...(options.args ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const printed = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (printed.text += text));
  }
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
    data,
    signInUrl,
    setupCode,
    output: () => printed.text,
    interrupt,
  };
}
