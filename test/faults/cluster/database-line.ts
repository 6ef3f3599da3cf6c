import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { FaultProxy } from '../proxy/fault-proxy.ts';

/** How the connection of a hub's bus calls itself, in its first message. */
const BUS = 'signalbox hub bus';

/** What one hub has between itself and PostgreSQL: its store and its bus, each on a line of its own. */
export class DatabaseLine {
  readonly store: FaultProxy;
  readonly bus: FaultProxy;
  readonly #server: Server;

  private constructor(port: number, cleanup: Cleanup) {
    const target = { host: '127.0.0.1', port };
    this.store = new FaultProxy({ target, cleanup });
    this.bus = new FaultProxy({ target, cleanup });
    this.#server = createServer({ noDelay: true }, (client) => this.#sort(client));
    cleanup.add(() => void this.#server.close());
  }

  /** @param port of PostgreSQL. */
  static async start(port: number, cleanup: Cleanup): Promise<DatabaseLine> {
    const line = new DatabaseLine(port, cleanup);
    await Promise.all([line.store.start(), line.bus.start()]);
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the line is closed');
    return `postgres://postgres@127.0.0.1:${address.port}/postgres`;
  }

  #sort(client: Socket): void {
    client.on('error', () => undefined);
    client.once('data', (first: Buffer) => {
      const { port } = first.includes(BUS) ? this.bus : this.store;
      const onward = connect({ host: '127.0.0.1', port, noDelay: true });
      onward.on('error', () => undefined);
      onward.write(first);
      client.pipe(onward);
      onward.pipe(client);
      for (const [one, other] of [[client, onward] as const, [onward, client] as const])
        one.on('close', (hadError) => (hadError ? other.resetAndDestroy() : other.destroy()));
    });
  }
}
