import { describe, expect, it } from 'vitest';
import { DEFAULT_SOCKET_TIMES } from '../../hub/edges/channels/socket-times.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { until } from '#platform/testing/until.ts';
import { type RawConnection, rawConnection, request, startHubTarget } from './hub-target.ts';

/** Short enough to be waited for, long enough for a busy machine to answer within. */
const TIMES = {
  headersMs: 1_000,
  requestMs: 2_000,
  keepAliveMs: 1_500,
  silentMs: 2_500,
  writeMs: 2_000,
  closeAfterMs: 500,
};

const target = startedOnce((cleanup) =>
  startHubTarget(cleanup, {
    bounds: {
      connectionTimes: TIMES,
      socketTimes: { ...DEFAULT_SOCKET_TIMES, connectTimeoutMs: 1_000 },
    },
  }),
);

async function open(bytes: string, isDeaf = false): Promise<RawConnection> {
  const connection = await rawConnection(target().port, atTestEnd, { isDeaf });
  connection.socket.write(bytes, 'latin1');
  return connection;
}

const JSON_HEADERS = ['Content-Type: application/json', 'Content-Length: 60000'];
const FOREIGN = ['Connection: Upgrade', 'Upgrade: something-else'];
const SOCKET = '/socket.io/?EIO=4&transport=websocket';
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

describe('a connection is ended by the hub', { concurrent: true }, () => {
  it.each([
    ['that never says anything', ''],
    ['whose headers never end', 'GET /api/docs HTTP/1.1\r\nHost: localhost\r\nX-A: '],
    ['whose body never ends', request('POST /api/sign-in', JSON_HEADERS, '{"email":')],
    ['after an answer, when no other request comes', request('GET /healthz')],
    ['after an answer, when another begins and never ends', `${request('GET /healthz')}GET /`],
    ['that changes to a foreign protocol', request('GET /healthz', FOREIGN)],
    ['that changes to one after an answer', request('GET /healthz') + request('GET /', FOREIGN)],
    ['that changes to one at the address of the sockets', request(`GET ${SOCKET}`, FOREIGN)],
    ['that changes by another method', request(`POST ${SOCKET}`, WEBSOCKET)],
    ['that changes at another address', request('GET /api/docs', WEBSOCKET)],
    ['that changes to WebSocket and says no more', request(`GET ${SOCKET}`, WEBSOCKET)],
    ['that asks for a tunnel', request('CONNECT example.org:443')],
    ['that was refused before its body came', request('POST /api/nothing', JSON_HEADERS, '{')],
  ])('%s', async (_what, bytes) => {
    const connection = await open(bytes);
    await until('it is ended', () => connection.isClosed(), 25_000);
  });

  it('with unread answers', async () => {
    const before = target().hub.gauges['connections.conversations'] ?? 0;
    const deaf = await Promise.all(
      Array.from({ length: 40 }, () => open(request('GET /api/docs').repeat(8), true)),
    );
    // The system's own buffers hold some of it; what is beyond them waits in the hub.
    for (const { socket } of deaf) socket.pause();
    await until(
      'the hub has ended them',
      () => (target().hub.gauges['connections.conversations'] ?? 0) <= before,
      25_000,
    );
  });

  it('that pipelines more requests than are handled', async () => {
    const connection = await open(request('GET /api/docs').repeat(2_000), true);
    connection.socket.resume();
    await until('it is ended', () => connection.isClosed());
  });
});

it('leaves nothing behind of any of them', async () => {
  await until(
    'all are gone',
    () => {
      const { gauges } = target().hub;
      expect(gauges).toMatchObject({
        'http.requests': 0,
        'http.bodyBytes': 0,
        'http.unfinishedBodies': 0,
        'connections.unanswered': 0,
        'connections.lingering': 0,
        'sockets.engine': 0,
      });
      return true;
    },
    25_000,
  );
  expect((await target().owner.send('GET', '/api/sites')).status).toBe(200);
});
