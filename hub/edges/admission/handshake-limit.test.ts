import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#platform/testing/until.ts';
import { limitHandshakes } from './handshake-limit.ts';

/** A TLS server without a certificate: handshakes begin, and none comes to an end. */
async function startGated(options: { readonly isBusy: boolean }): Promise<number> {
  const server = createServer();
  limitHandshakes(server, { atOnce: 2, isBusy: () => options.isBusy });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function dial(
  port: number,
): Promise<{ readonly socket: Socket; readonly end: () => string }> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let end = 'open';
  socket.on('error', (error: NodeJS.ErrnoException) => (end = error.code ?? error.message));
  socket.on('close', () => (end = end === 'open' ? 'closed' : end));
  await once(socket, 'connect').catch(() => undefined);
  return { socket, end: () => end };
}

describe('a connection that comes while many are being secured', () => {
  it('is turned away by a busy hub, until one of them is done', async () => {
    const port = await startGated({ isBusy: true });
    const [first, second] = [await dial(port), await dial(port)];
    const third = await dial(port);
    await until('the third is reset', () => (third.end() === 'ECONNRESET' ? true : undefined));
    expect([first.end(), second.end()]).toEqual(['open', 'open']);
    first.socket.destroy();
    await until('one more is let in', async () => {
      const next = await dial(port);
      // What a server says to a record that is no TLS, it says only to those it let in.
      next.socket.write('no handshake at all\r\n');
      await until('its end', () => (next.end() === 'open' ? undefined : true));
      return next.end() === 'closed' ? true : undefined;
    });
  });

  it('is accepted by an idle hub', async () => {
    const port = await startGated({ isBusy: false });
    const dials = [];
    for (let count = 0; count < 5; count += 1) dials.push(await dial(port));
    const last = await dial(port);
    last.socket.write('no handshake at all\r\n');
    await until('it is answered', () => (last.end() === 'closed' ? true : undefined));
    expect(dials.map(({ end }) => end())).toEqual(Array(5).fill('open'));
  });
});
