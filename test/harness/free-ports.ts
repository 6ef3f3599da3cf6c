import { createServer, type Server } from 'node:net';

/**
 * Below the ephemeral ports of the system (32768 and up on Linux): so a port stays free until
 * the program that is given it has started.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;
const BLOCK_SIZE = 128;
const BLOCKS = Math.floor((LAST_PORT + 1 - FIRST_PORT) / BLOCK_SIZE);

/**
 * Ports of this process alone. Tests run in several processes at a time, and a port that was free
 * when one looked is often in use when its program starts; so each process claims a block by
 * listening on its first port for as long as it lives, and hands out the others in turn.
 */
class PortBlock {
  #claim: Promise<number> | undefined;
  #handedOut = 0;

  /** The next `count` neighbours. A block begins again at its start when it has been used up. */
  async next(count: number): Promise<number[]> {
    this.#claim ??= claimBlock();
    const first = (await this.#claim) + 1;
    if (this.#handedOut + count > BLOCK_SIZE - 1) this.#handedOut = 0;
    const from = first + this.#handedOut;
    this.#handedOut += count;
    return Array.from({ length: count }, (_, index) => from + index);
  }
}

const block = new PortBlock();

/** Neighbouring loopback ports that are free now, for programs that must be given one. */
export async function freePorts(count: number): Promise<number[]> {
  for (let tries = 0; tries < BLOCK_SIZE; tries++) {
    const ports = await block.next(count);
    if (await allFree(ports)) return ports;
  }
  throw new Error(`no ${count} neighbouring ports are free in the block of this process`);
}

/** A port that is free now, as is the one after it. */
export async function freePortPair(): Promise<number> {
  const [port = 0] = await freePorts(2);
  return port;
}

async function claimBlock(): Promise<number> {
  // Processes that start together begin at different blocks, so that few try the same one.
  for (let tries = 0; tries < BLOCKS; tries++) {
    const port = FIRST_PORT + ((process.pid + tries) % BLOCKS) * BLOCK_SIZE;
    const server = await listen(port).catch(() => undefined);
    if (server) {
      server.unref();
      return port;
    }
  }
  throw new Error('every block of ports is claimed by another process');
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  const servers = await Promise.all(ports.map((port) => listen(port).catch(() => undefined)));
  await Promise.all(servers.map((server) => (server ? closed(server) : Promise.resolve())));
  return servers.every((server) => server !== undefined);
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
