import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { manualClock } from '../../../test/harness/virtual-units.ts';
import { systemClock } from '#platform/clock.ts';
import { MemoryTransport } from '../../testing/memory-transport.ts';
import { TcpTransport } from './tcp-transport.ts';
import { itCarriesBytes, type Listen } from './unit-transport.contract.ts';

const inMemory: Listen = async (accept) => {
  await Promise.resolve();
  const transport = new MemoryTransport();
  const address = { host: 'unit.test', port: 1 };
  transport.put(address, { accept });
  return { transport, address };
};

const overTcp: Listen = async (accept, cleanup) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const events = accept({
      write: (bytes) => void socket.write(bytes),
      end: () => void socket.end(),
      destroy: () => void socket.destroy(),
    });
    socket.on('data', events.data);
    socket.on('error', () => undefined);
    socket.on('close', events.closed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { transport: new TcpTransport(systemClock), address: { host: '127.0.0.1', port } };
};

itCarriesBytes('the transport in memory', inMemory, new MemoryTransport());
itCarriesBytes('the transport over TCP', overTcp, new TcpTransport(systemClock));

it('gives up a TCP connection that is not made within 3 s', async () => {
  const clock = manualClock();
  // TEST-NET-1 (RFC 5737): either nobody answers, or the network says at once that it cannot.
  const dialled = new TcpTransport(clock).dial(
    { host: '192.0.2.1', port: 8888 },
    { data: () => undefined, closed: () => undefined },
  );
  clock.advance(3_000);
  await expect(dialled).rejects.toMatchObject({ code: 'unit_unreachable' });
});
