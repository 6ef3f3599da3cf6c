import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import { FAIR, OneWay, type Weather } from './one-way.ts';

/** Seen from whoever connects: up goes to the target, down comes from it. */
export type Direction = 'up' | 'down';

/** Sees the bytes of one connection, and returns the bytes to forward instead. */
export type Inspector = (direction: Direction, bytes: Uint8Array) => readonly Uint8Array[];

export interface FaultProxyDeps {
  readonly target: { readonly host: string; readonly port: number };
  readonly cleanup: Cleanup;
  /** Called once per connection. */
  readonly inspect?: () => Inspector;
}

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly oneWays: Readonly<Record<Direction, OneWay>>;
  /** The side of the target is gone, and the other one is not to know. */
  isHalfOpen: boolean;
}

/**
 * A stretch of bad network on loopback: cuts (with RST or FIN), delays, slows,
 * holds or loses bytes, per direction, and leaves connections half open.
 */
export class FaultProxy {
  readonly #deps: FaultProxyDeps;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #target: FaultProxyDeps['target'];
  #weather: Record<Direction, Weather> = { up: FAIR, down: FAIR };
  #isDown = false;
  #accepted = 0;

  constructor(deps: FaultProxyDeps) {
    this.#deps = deps;
    this.#target = deps.target;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (client) =>
      this.#accept(client),
    );
    deps.cleanup.add(() => this.close());
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    return address.port;
  }

  /** Connections there are now. */
  get open(): number {
    return this.#connections.size;
  }

  /** Connections there ever were. */
  get accepted(): number {
    return this.#accepted;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  set weather(weather: Readonly<Partial<Record<Direction, Weather>>>) {
    this.#weather = { ...this.#weather, ...weather };
    for (const { oneWays, isHalfOpen } of this.#connections) {
      if (isHalfOpen) continue;
      oneWays.up.weather = this.#weather.up;
      oneWays.down.weather = this.#weather.down;
    }
  }

  /** Ends the present connections; new ones are accepted. */
  cut(how: 'rst' | 'fin'): void {
    for (const connection of [...this.#connections]) {
      this.#drop(connection);
      for (const socket of [connection.client, connection.upstream]) {
        if (how === 'rst') socket.resetAndDestroy();
        else socket.destroy();
      }
    }
  }

  /** Ends only the target's side: the other side does not notice. */
  halfOpen(): void {
    for (const connection of this.#connections) {
      connection.isHalfOpen = true;
      for (const oneWay of Object.values(connection.oneWays)) {
        oneWay.weather = { delayMs: 0, passing: 'lost' };
      }
      connection.upstream.resetAndDestroy();
    }
  }

  /** Cuts, and accepts no connections until {@link FaultProxy.up}. */
  down(how: 'rst' | 'fin'): void {
    this.#isDown = true;
    this.cut(how);
  }

  /** No faults, and connections are accepted. */
  up(): void {
    this.#isDown = false;
    this.weather = { up: FAIR, down: FAIR };
  }

  /** Where new connections lead from now on. */
  set target(target: FaultProxyDeps['target']) {
    this.#target = target;
  }

  async close(): Promise<void> {
    this.cut('rst');
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#isDown) {
      client.resetAndDestroy();
      return;
    }
    this.#accepted += 1;
    const upstream = connect({ ...this.#target, noDelay: true, allowHalfOpen: true });
    const connection: Connection = {
      client,
      upstream,
      oneWays: {
        up: new OneWay(client, upstream, this.#weather.up),
        down: new OneWay(upstream, client, this.#weather.down),
      },
      isHalfOpen: false,
    };
    this.#connections.add(connection);
    const inspect = this.#deps.inspect?.() ?? ((_direction, bytes) => [bytes]);
    this.#forward(connection, { from: client, direction: 'up', inspect });
    this.#forward(connection, { from: upstream, direction: 'down', inspect });
    upstream.on('error', () => undefined);
  }

  #forward(
    connection: Connection,
    way: {
      readonly from: Socket;
      readonly direction: Direction;
      readonly inspect: Inspector;
    },
  ): void {
    const { from, direction, inspect } = way;
    const oneWay = connection.oneWays[direction];
    const other = direction === 'up' ? connection.upstream : connection.client;
    from.on('data', (bytes) => {
      for (const part of inspect(direction, bytes)) oneWay.enqueue(part);
    });
    from.on('end', () => oneWay.end());
    from.on('close', (hadError) => {
      if (!this.#connections.has(connection)) return;
      if (direction === 'down' && connection.isHalfOpen) return;
      this.#drop(connection);
      if (hadError) other.resetAndDestroy();
      else other.end();
    });
  }

  #drop(connection: Connection): void {
    this.#connections.delete(connection);
    connection.oneWays.up.close();
    connection.oneWays.down.close();
  }
}
