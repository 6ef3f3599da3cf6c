import { createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findUsedPort } from './used-port.ts';

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return { server, port: address.port };
}

describe('findUsedPort', () => {
  it('says in one sentence which port is in use, what for, and what to do', async () => {
    const { port } = await listen();
    const wanted = { port, host: '127.0.0.1', purpose: "the lamp's", flag: '--unit-port' };
    expect(await findUsedPort([wanted])).toBe(
      `Port ${port} (the lamp's) is in use by another program: stop it, or choose another with --unit-port.`,
    );
  });

  it('finds nothing wrong with a free port, and leaves it free', async () => {
    const { server, port } = await listen();
    await new Promise((resolve) => server.close(resolve));
    const wanted = { port, host: '127.0.0.1', purpose: 'free', flag: '--http-port' };
    expect(await findUsedPort([wanted, wanted])).toBeUndefined();
  });
});
