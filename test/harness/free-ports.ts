import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the ephemeral ports of the system (32768 and up on Linux): so a port stays free until
 * the program that is given it has started.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;

/** Different loopback ports that were free just now, for programs that must be given one. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>();
  while (servers.size < count) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const server = await listen(port).catch(() => undefined);
    if (server) servers.set(port, server);
  }
  await Promise.all([...servers.values()].map((server) => closed(server)));
  return [...servers.keys()];
}

/** A port that was free just now, as was the one after it. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1);
    try {
      await closed(await listen(port + 1));
      return port;
    } catch {
      // The neighbour is taken: another pair.
    }
  }
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
