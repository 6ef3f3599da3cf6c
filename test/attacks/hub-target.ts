import { type Socket, connect } from 'node:net';
import { pino } from 'pino';
import { z } from 'zod';
import { SessionView } from '#protocol/http/accounts.ts';
import { ApiClient } from '../harness/api-client.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../harness/free-ports.ts';
import { HubProgram, type HubProgramOptions } from '../harness/hub-program.ts';

const LogLine = z.object({
  level: z.string(),
  msg: z.string(),
  err: z.object({ stack: z.string() }).optional(),
});

/** A hub that is attacked over its sockets. */
export interface HubTarget {
  readonly hub: HubProgram;
  readonly port: number;
  /** Its data folder. */
  readonly data: string;
  /** The owner of its first site, over plain HTTP. */
  readonly owner: ApiClient;
  /** What it logged. */
  readonly logged: readonly z.infer<typeof LogLine>[];
}

export async function startHubTarget(
  cleanup: Cleanup,
  options: Pick<HubProgramOptions, 'args' | 'bounds'> = {},
): Promise<HubTarget> {
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const logged: z.infer<typeof LogLine>[] = [];
  const log = pino(
    { level: 'info', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void logged.push(LogLine.parse(JSON.parse(line))) },
  );
  const data = temporaryFolder(cleanup);
  const hub = new HubProgram({
    data,
    httpsPort,
    httpPort,
    signUp: 'open',
    log,
    ...options,
  });
  await hub.start();
  cleanup.add(() => hub.stop());
  const owner = new ApiClient({ url: hub.httpUrl, cleanup });
  await owner.post(SessionView, '/api/sign-up', {
    email: 'ada@example.org',
    name: 'Ada',
    password: 'a lamp in the window',
    setupCode: hub.setupCode,
  });
  return { hub, port: httpPort, data, owner, logged };
}

/**
 * A connection that its test writes to byte by byte; what it received, and whether it
 * is closed.
 */
export interface RawConnection {
  readonly socket: Socket;
  readonly received: () => string;
  readonly isClosed: () => boolean;
}

export interface RawOptions {
  /** Reads nothing of the hub's answers. */
  readonly isDeaf?: boolean;
  readonly localAddress?: string;
}

export async function rawConnection(
  port: number,
  cleanup: Cleanup,
  { isDeaf = false, localAddress }: RawOptions = {},
): Promise<RawConnection> {
  let received = '';
  let isClosed = false;
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  socket.on('error', () => undefined);
  socket.on('close', () => (isClosed = true));
  if (!isDeaf) socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  cleanup.add(() => socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });
  return { socket, received: () => received, isClosed: () => isClosed };
}

/** The head of a request, and what follows it. */
export function request(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n');
}
