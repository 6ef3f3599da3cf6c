import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deafPort } from '../../testing/deaf-port.ts';
import { canReachHub } from './reach-hub.ts';

async function listening() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, origin: `https://127.0.0.1:${address.port}` };
}

describe('the machine of the hub', () => {
  it('is reachable if it accepts a connection, whatever its hub does with it', async () => {
    const { server, origin } = await listening();
    onTestFinished(() => void server.close());
    server.on('connection', (socket) => socket.resetAndDestroy());
    expect(await canReachHub(origin)).toBe(true);
  });

  it('is not there where it refuses connections', async () => {
    const { server, origin } = await listening();
    server.close();
    await once(server, 'close');
    expect(await canReachHub(origin)).toBe(false);
  });

  it('is unreachable if nothing comes back', async () => {
    expect(await canReachHub(`https://127.0.0.1:${await deafPort()}`, 50)).toBe(false);
  });
});
