import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deafPort } from '../../testing/deaf-port.ts';
import { dialAgent } from './dial-agent.ts';

async function failureOf(port: number, timeoutMs: number): Promise<string> {
  const request = get({ host: '127.0.0.1', port, agent: dialAgent('http://hub', { timeoutMs }) });
  const failed: unknown[] = await once(request, 'error');
  const [error] = failed;
  return error instanceof Error ? error.message : String(error);
}

describe('a dial', () => {
  it('times out when the network drops it', async () => {
    const port = await deafPort();
    expect(await failureOf(port, 50)).toBe('no answer within 50 ms');
  });

  it('is not bounded any more once it was answered', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    server.on('connection', (socket) => {
      setTimeout(() => socket.end('HTTP/1.1 204 No Content\r\n\r\n'), 120);
    });
    const request = get({
      host: '127.0.0.1',
      port: address.port,
      agent: dialAgent('http://hub', { timeoutMs: 50 }),
    });
    const answered: unknown[] = await once(request, 'response');
    expect(answered[0]).toHaveProperty('statusCode', 204);
  });
});
