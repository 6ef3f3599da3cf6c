import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { cookiePlace, sessionSecretOf } from './session-cookie.ts';

/** What is read of a request with these headers: the port of its cookie, and the secret. */
async function readOf(headers: readonly string[], isSecure = false) {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const { port } = address;
  const read = new Promise<{ readonly port: string; readonly secret: string | undefined }>(
    (resolve) => {
      server.once('request', (request, response) => {
        const place = cookiePlace(request, isSecure);
        const secret = sessionSecretOf(request.headers.cookie, place);
        response.end();
        resolve({ port: place.port, secret });
      });
    },
  );
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const lines = headers.map((line) => line.replace('LOCAL', String(port)));
  socket.write(['GET / HTTP/1.1', ...lines, '', ''].join('\r\n'));
  return await read;
}

it('is named by the port that the browser knows, whatever the hub listens on', async () => {
  const cookie = 'Cookie: signalbox_session_9443=ours; signalbox_session_8443=of another hub';
  expect(await readOf(['Host: hub.example:9443', cookie])).toEqual({
    port: '9443',
    secret: 'ours',
  });
  expect(await readOf(['Host: [::1]:9443', cookie])).toMatchObject({ secret: 'ours' });
});

it('has the port of the scheme where the address has none', async () => {
  expect(await readOf(['Host: hub.example'])).toEqual({ port: '80', secret: undefined });
  const cookie = 'Cookie: __Host-signalbox_session_443=ours; signalbox_session_443=not over TLS';
  expect(await readOf(['Host: hub.example', cookie], true)).toEqual({
    port: '443',
    secret: 'ours',
  });
});

it('is found by the port of the socket too, as earlier hubs named it', async () => {
  const cookie = 'Cookie: signalbox_session_LOCAL=earlier';
  expect(await readOf(['Host: hub.example:9443', cookie])).toMatchObject({ secret: 'earlier' });
  const both = `${cookie}; signalbox_session_9443=newer`;
  expect(await readOf(['Host: hub.example:9443', both])).toMatchObject({ secret: 'newer' });
});
