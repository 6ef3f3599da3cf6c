import { createServer, type Server } from 'node:net';

/** Ports of loopback that were free just now, for programs that must be told one. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  });
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  return ports;
}

/** A port that was free just now, as was the one after it. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1);
    try {
      const next = await listen(port + 1);
      await new Promise<void>((resolve) => next.close(() => resolve()));
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
