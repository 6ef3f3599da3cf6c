import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { PostgresServer, postgresPrograms } from '../../hub/testing/postgres-server.ts';
import { REPOSITORY } from '../architecture/source.ts';
import type { FaultHub } from './programs/hub.ts';
import type { SharedData } from './verify/verify-fixture.ts';

const run = promisify(execFile);

/** Why several hubs cannot be played here; undefined: they can. */
export function noPostgres(): string | undefined {
  return postgresPrograms() === undefined ? 'PostgreSQL is not installed' : undefined;
}

/** A database of hubs, on a server of its own that loses nothing it has confirmed. */
export class SharedDatabase {
  readonly server: PostgresServer;

  private constructor(server: PostgresServer) {
    this.server = server;
  }

  /** @param port on the loopback; undefined: by a socket alone. */
  static async create(cleanup: Cleanup, port?: number): Promise<SharedDatabase> {
    const programs = postgresPrograms();
    if (programs === undefined) throw new Error('PostgreSQL is not installed');
    const server = await PostgresServer.create(programs, {
      ...{ under: tmpdir(), isDurable: true },
      ...(port === undefined ? {} : { port }),
    });
    cleanup.add(() => server.remove());
    return new SharedDatabase(server);
  }

  get url(): string {
    return this.server.url('postgres');
  }

  /** @param folder empty, for the copy. */
  dataOf(hubs: readonly FaultHub[], folder: string): SharedData {
    return {
      openCommands: () => this.#openCommands(),
      copied: async () => {
        for (const { program } of hubs) await program.stop();
        const signalbox = join(REPOSITORY, 'bin/signalbox.js');
        await run(process.execPath, [signalbox, 'db', 'copy', this.url, folder]);
        return join(folder, 'hub.db');
      },
    };
  }

  async #openCommands(): Promise<number> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      const { rows } = await client.query<{ n: number }>(
        'select count(*)::int as n from commands where ended_at is null',
      );
      return rows[0]?.n ?? 0;
    } finally {
      await client.end();
    }
  }
}
