import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#platform/testing/until.ts';

const PROGRAM = '/usr/bin/redis-server';

export function isRedisInstalled(): boolean {
  return existsSync(PROGRAM);
}

/** A Redis server of a test's own, on a port of the loopback, which keeps nothing on a disk. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  private constructor(port: number, password: string | undefined) {
    this.port = port;
    this.#password = password;
    this.#folder = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
  }

  static async create({ password }: { readonly password?: string } = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), password);
    await server.start();
    return server;
  }

  get url(): string {
    const user = this.#password === undefined ? '' : `:${this.#password}@`;
    return `redis://${user}127.0.0.1:${this.port}`;
  }

  /** On the same port as before, and empty. */
  async start(): Promise<void> {
    const flags = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: 'no',
      daemonize: 'no',
      ...(this.#password === undefined ? {} : { requirepass: this.#password }),
    };
    const child = spawn(
      PROGRAM,
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { stdio: 'ignore' },
    );
    this.#process = child;
    await until('Redis answers', () => answers(this.port));
  }

  /** Without a word to its clients. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Keeps its connections, and answers nothing until it goes on. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Below the ephemeral ports of the system (32768 and up on Linux), so that it is still free
 * when the server is started again.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_767);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Redis answers a line that is no command in its protocol, too. */
async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isAnswer: boolean) => () => {
      socket.destroy();
      resolve(isAnswer);
    };
    socket.once('data', end(true));
    socket.once('error', end(false));
  });
}
