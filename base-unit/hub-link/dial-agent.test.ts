import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer, connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dialAgent } from './dial-agent.ts';

/** Listens and takes no connection: the kernel fills the queue, and then lets dials go unanswered. */
const DEAF = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

async function startDeaf(): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, ['-e', DEAF], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('no output');
  const output: unknown[] = await once(child.stdout, 'data');
  return Number(String(output[0]));
}

/** Dials until one is not answered: every later one will not be either. */
async function fill(port: number): Promise<void> {
  for (let count = 0; count < 16; count += 1) {
    const socket: Socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    const isAnswered = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300)),
    ]);
    if (!isAnswered) return;
  }
  throw new Error('every dial was answered');
}

async function failureOf(port: number, timeoutMs: number): Promise<string> {
  const request = get({ host: '127.0.0.1', port, agent: dialAgent('http://hub', { timeoutMs }) });
  const failed: unknown[] = await once(request, 'error');
  const [error] = failed;
  return error instanceof Error ? error.message : String(error);
}

describe('a dial', () => {
  it('is given up when the network swallows it', async () => {
    const port = await startDeaf();
    await fill(port);
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
