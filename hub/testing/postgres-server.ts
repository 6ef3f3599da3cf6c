import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** Where Debian puts the programs of each version. */
const VERSIONS = '/usr/lib/postgresql';

/** The newest server that is installed; undefined: there is none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const versions = readdirSync(VERSIONS)
    .map(Number)
    .filter((version) => existsSync(join(VERSIONS, String(version), 'bin', 'initdb')))
    .toSorted((a, b) => b - a);
  return versions[0] === undefined ? undefined : join(VERSIONS, String(versions[0]), 'bin');
}

export interface ServerOptions {
  /** A folder that exists, in which it makes one of its own. */
  readonly under: string;
  /** False: nothing waits for a disk, and a crash of the machine loses it all. */
  readonly isDurable: boolean;
  /** On the loopback; undefined: by a socket in its folder alone. */
  readonly port?: number;
}

/** Of a server that is thrown away: no disk, no log for others, no upkeep of what lives for seconds. */
const HASTY = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '4GB',
  checkpoint_timeout: '1d',
  autovacuum: 'off',
  jit: 'off',
};

/** A PostgreSQL server of this run's own, with a user and a folder that nobody else has. */
export class PostgresServer {
  readonly #programs: string;
  readonly #folder: string;
  readonly #options: ServerOptions;
  #process: ChildProcess | undefined;

  private constructor(programs: string, folder: string, options: ServerOptions) {
    this.#programs = programs;
    this.#folder = folder;
    this.#options = options;
  }

  static async create(programs: string, options: ServerOptions): Promise<PostgresServer> {
    const folder = mkdtempSync(join(options.under, 'signalbox-postgres-'));
    return await PostgresServer.#createIn(programs, folder, options);
  }

  /** One that stays in its folder, with what it holds; made if it is not there. */
  static async reopen(programs: string, options: ServerOptions): Promise<PostgresServer> {
    const folder = join(options.under, 'server');
    if (!existsSync(folder)) {
      mkdirSync(folder);
      return await PostgresServer.#createIn(programs, folder, options);
    }
    const server = new PostgresServer(programs, folder, options);
    await server.start();
    return server;
  }

  static async #createIn(
    programs: string,
    folder: string,
    options: ServerOptions,
  ): Promise<PostgresServer> {
    const user = unprivilegedUser();
    if (user) chownSync(folder, user.uid, user.gid);
    await run(
      join(programs, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync'],
      // Dates and messages of no particular place.
      { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } },
    );
    const server = new PostgresServer(programs, folder, options);
    await server.start();
    return server;
  }

  /** Of the process that all others of the server are children of; undefined while it is stopped. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  url(database: string): string {
    const { port } = this.#options;
    return port === undefined
      ? `postgres:///${database}?host=${encodeURIComponent(this.#folder)}&user=postgres`
      : `postgres://postgres@127.0.0.1:${port}/${database}`;
  }

  async start(): Promise<void> {
    const { isDurable, port } = this.#options;
    const settings = {
      listen_addresses: port === undefined ? '' : '127.0.0.1',
      port: port ?? 5432,
      unix_socket_directories: this.#folder,
      max_connections: 300,
      shared_buffers: '64MB',
      ...(isDurable ? {} : HASTY),
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = spawn(
      join(this.#programs, 'postgres'),
      ['-D', join(this.#folder, 'data'), ...flags],
      { ...unprivilegedUser(), cwd: this.#folder, stdio: 'ignore' },
    );
    await this.#untilReady(this.#process);
  }

  /** `fast`: sessions are ended; `immediate`: as a crash. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    for (;;) {
      const client = new pg.Client({ connectionString: this.url('postgres') });
      try {
        await client.connect();
        return;
      } catch (error) {
        if (child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }
}

/** PostgreSQL does not run as root; undefined where this is not root anyway. */
function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = users.find((user) => /^(postgres|nobody):/.test(user));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('no user to run PostgreSQL as');
  return { uid: Number(uid), gid: Number(gid) };
}
