import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { HubHttp, type HubPoolName, isTimeout } from './hub-http.ts';

let hub: Server;
let origin: string;
let http: HubHttp;
/** Connections that a router has forgotten: what comes on them goes nowhere. */
let dead: Set<Socket>;
let connections: Socket[];
let arrived: string[];
let unanswered: number;

beforeEach(async () => {
  dead = new Set();
  connections = [];
  arrived = [];
  unanswered = 0;
  hub = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (dead.has(request.socket)) return;
      arrived.push(body);
      response.end('{}');
    });
  });
  hub.on('connection', (socket: Socket) => connections.push(socket));
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const address = hub.address();
  if (address === null || typeof address === 'string') throw new Error();
  const { port } = address;
  origin = `http://127.0.0.1:${port}`;
  http = new HubHttp({
    origin,
    firstTimeoutMs: 200,
    timeoutMs: 2_000,
    batchTimeoutMs: 300,
    unanswered: () => (unanswered += 1),
  });
  atTestEnd.add(async () => {
    await http.close();
    hub.closeAllConnections();
    await new Promise((resolve) => hub.close(resolve));
  });
});

function hasty(): HubHttp {
  const made = new HubHttp({ origin, timeoutMs: 200 });
  atTestEnd.add(async () => made.close());
  return made;
}

const post = async (body: string) => http.post('/', { body, headers: {} }, 'results');

describe('the way to the hub', () => {
  it('repeats over a new connection what a forgotten one swallowed', async () => {
    await post('first');
    for (const socket of connections) dead.add(socket);
    await post('second');
    expect(arrived).toEqual(['first', 'second']);
    expect(connections).toHaveLength(2);
  });

  it('says that a new connection timed out, and dials again for the next request', async () => {
    hub.prependListener('connection', (socket: Socket) => {
      if (connections.length === 0) dead.add(socket);
    });
    const failure = await post('first').catch((error: unknown) => error);
    expect(isTimeout(failure)).toBe(true);
    await post('second');
    expect(arrived).toEqual(['second']);
  });

  it('does not repeat what is large: a slow line needs its time for it', async () => {
    await post('first');
    for (const socket of connections) dead.add(socket);
    const failure = await post('x'.repeat(20_000)).catch((error: unknown) => error);
    expect(isTimeout(failure)).toBe(true);
    expect(connections).toHaveLength(1);
  });

  it('treats a request that the hub gave up as timed out, but not one of a stopping hub', async () => {
    const endAfter = (ms: number) => {
      hub.removeAllListeners('request');
      hub.on('request', ({ socket }) => setTimeout(() => socket.destroy(), ms));
    };
    endAfter(800);
    expect(isTimeout(await post('late').catch((error: unknown) => error))).toBe(true);
    endAfter(0);
    expect(isTimeout(await post('at once').catch((error: unknown) => error))).toBe(false);
  });

  it('gives a batch less time than a result, and more the larger it is', async () => {
    hub.removeAllListeners('request');
    const waits: [HubPoolName, number][] = [
      ['readings', 10],
      ['backlog', 1_600],
      ['results', 10],
    ];
    const ends = waits.map(async ([pool, bytes]) =>
      http
        .post('/', { body: 'x'.repeat(bytes), headers: {} }, pool)
        .catch(() => ended.push([pool, bytes])),
    );
    const ended: [HubPoolName, number][] = [];
    await Promise.all(ends);
    expect(ended).toEqual(waits);
  });

  it('says at once that a request was not answered, also where it is sent again', async () => {
    await post('first');
    expect(unanswered).toBe(0);
    for (const socket of connections) dead.add(socket);
    await post('second');
    expect(unanswered).toBe(1);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a request', async () => hasty().post('/', { body: 'first', headers: {} }, 'results')],
    ['the question for the time', async () => hasty().date()],
  ])('gives up an endlessly dripping answer to %s', async (_what, request) => {
    hub.removeAllListeners('request');
    let pieces = 0;
    hub.on('request', (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => void response.write(` ${(pieces += 1)}`), 100);
      response.on('close', () => clearInterval(timer));
    });
    const failure = await request().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'hub_unreachable' });
    // Each piece came well within the timeout.
    expect(pieces).toBeGreaterThan(5);
  });

  it('lets no sender wait for another', async () => {
    await Promise.all([
      post('result'),
      http.post('/', { body: 'backlog', headers: {} }, 'backlog'),
    ]);
    expect(connections).toHaveLength(2);
  });
});
