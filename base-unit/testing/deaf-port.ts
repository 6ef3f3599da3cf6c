import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Listens and accepts no connection: the kernel fills the queue, and then leaves dials
 * unanswered.
 */
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

/** A port of this machine where no dial is answered, as where the network swallows it. */
export async function deafPort(): Promise<number> {
  const port = await startDeaf();
  await fill(port);
  return port;
}
