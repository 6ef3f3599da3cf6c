import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { until } from '#platform/testing/until.ts';

const PROGRAM = '/usr/bin/redis-server';

export function isRedisInstalled(): boolean {
  return existsSync(PROGRAM);
}

export interface RedisOptions {
  readonly password?: string;
  /** It speaks nothing but TLS, with this certificate. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string };
}

/** A Redis server of a test's own, on a port of the loopback, which keeps nothing on a disk. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: RedisOptions;
  #process: ChildProcess | undefined;

  private constructor(port: number, options: RedisOptions) {
    this.port = port;
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), 'signalbox-redis-'));
    const { tls } = options;
    if (!tls) return;
    writeFileSync(this.#file('certificate.pem'), tls.certificate);
    writeFileSync(this.#file('key.pem'), tls.privateKey, { mode: 0o600 });
  }

  static async create(options: RedisOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    const { password, tls } = this.#options;
    const user = password === undefined ? '' : `:${password}@`;
    return `${tls ? 'rediss' : 'redis'}://${user}127.0.0.1:${this.port}`;
  }

  /** On the same port as before, and empty. */
  async start(): Promise<void> {
    const { password, tls } = this.#options;
    const encrypted = {
      port: 0,
      'tls-port': this.port,
      'tls-cert-file': this.#file('certificate.pem'),
      'tls-key-file': this.#file('key.pem'),
      'tls-auth-clients': 'no',
    };
    const flags = {
      ...(tls ? encrypted : { port: this.port }),
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: 'no',
      daemonize: 'no',
      ...(password === undefined ? {} : { requirepass: password }),
    };
    const child = spawn(
      PROGRAM,
      Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { stdio: 'ignore' },
    );
    this.#process = child;
    await until('Redis answers', () => (tls ? speaksTls(this.port) : answers(this.port)));
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

  #file(name: string): string {
    return join(this.#folder, name);
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

async function speaksTls(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false };
    const socket = connectTls(options, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
