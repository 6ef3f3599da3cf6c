import { type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { BaseId, newId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { RawBase } from '../harness/raw-base.ts';
import { startedOnce } from '../harness/started-once.ts';
import { until } from '#platform/testing/until.ts';
import { type HubTarget, startHubTarget } from './hub-target.ts';
import { SiteList } from './site-list.ts';

interface Flood {
  readonly socket: WebSocket;
  /** What the hub sent, packet by packet. */
  readonly packets: string[];
  readonly isOver: () => boolean;
}

/** An Engine.IO connection that says whatever its test wants. */
async function engine({ port }: HubTarget, headers: Record<string, string> = {}): Promise<Flood> {
  const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(url, { headers });
  const packets: string[] = [];
  let isOver = false;
  socket.on('message', (data: Buffer) => packets.push(data.toString()));
  socket.on('close', () => (isOver = true));
  socket.on('error', () => undefined);
  socket.on('unexpected-response', (_request, response: IncomingMessage) => response.resume());
  atTestEnd.add(() => socket.terminate());
  await until('it is open', () => packets.length > 0);
  return { socket, packets, isOver: () => isOver };
}

/** The same, signed in and connected. */
async function member(target: HubTarget): Promise<Flood> {
  const flood = await engine(target, { cookie: target.owner.cookie });
  flood.socket.send('40');
  await until('it is connected', () => flood.packets.some((packet) => packet.startsWith('40')));
  return flood;
}

async function pairedBase({ owner }: HubTarget): Promise<RawBase> {
  const { sites } = await owner.get(SiteList, '/api/sites');
  const path = `/api/sites/${sites[0]?.id ?? ''}/claim-codes`;
  const { code } = await owner.post(ClaimCodeCreated, path, { baseName: 'Attic' });
  return await RawBase.claim(owner, code);
}

async function forgedAssertion(target: HubTarget): Promise<string> {
  const base = await pairedBase(target);
  // The signature is one of other claims.
  const [head = '', claims = ''] = (await base.assertion()).split('.');
  const [, , signature = ''] = (await base.assertion()).split('.');
  return [head, claims, signature].join('.');
}

const shared = startedOnce((cleanup) => startHubTarget(cleanup));

describe('a refused client', () => {
  it('is cut after one refusal, whatever it sent along with it', async () => {
    const target = shared();
    const connect = `40${JSON.stringify({ assertion: await forgedAssertion(target) })}`;
    const flood = await engine(target);
    flood.socket.send(connect);
    await until('it is cut', () => flood.isOver());
    expect(flood.packets.filter((packet) => packet.startsWith('44'))).toHaveLength(1);
    const many = await engine(target);
    for (let sent = 0; sent < 500; sent += 1) many.socket.send(connect);
    await until('it is cut', () => many.isOver());
    expect(many.packets.filter((packet) => packet.startsWith('44')).length).toBeLessThan(2);
  });

  it.each([
    ['an unknown namespace', '40/made-up,'],
    ['an unknown namespace with a proof', `40/made-up,{"assertion":"${newId(BaseId)}"}`],
    ['an event before it is in', '42["time.get"]'],
    ['an acknowledgement before it is in', '430[]'],
    ['a binary event', '451-["x",{"_placeholder":true,"num":0}]'],
    ['no packet at all', '4'],
    ['a ping, which is the hub’s to send', '2'],
  ])('is cut for %s', async (_what, packet) => {
    const target = shared();
    const flood = await engine(target);
    flood.socket.send(packet);
    await until('it is cut', () => flood.isOver());
    await until('nothing is left of it', () => target.hub.gauges['sockets.engine'] === 0);
    expect(target.hub.gauges['sockets.clients']).toBe(0);
  });

  it('is told to wait from one address, and costs few more signatures', async () => {
    const target = await startHubTarget(atTestEnd, {
      bounds: {
        rateLimits: {
          failures: 3,
          signIn: 100,
          signUp: 100,
          claim: 100,
          deviceLogin: 100,
          open: 10_000,
        },
      },
    });
    const connect = `40${JSON.stringify({ assertion: await forgedAssertion(target) })}`;
    const refused = async (): Promise<string> => {
      const flood = await engine(target);
      flood.socket.send(connect);
      await until('it is cut', () => flood.isOver());
      return flood.packets.join('');
    };
    for (let index = 0; index < 3; index += 1) expect(await refused()).toContain('assertion_inval');
    for (let index = 0; index < 25; index += 1) expect(await refused()).toContain('rate_limited');
    // Whoever has the right still comes in from there.
    expect((await member(target)).isOver()).toBe(false);
  });
});

it('does not count clients that disconnect during verification', async () => {
  const target = shared();
  const base = await pairedBase(target);
  for (let turns = 0; turns < 24; turns += 1) {
    const flood = await engine(target);
    flood.socket.send(`40${JSON.stringify({ assertion: await base.assertion() })}`);
    // The check takes a thread of its own: it ends before, during and after that.
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    flood.socket.terminate();
  }
  await until('none of them is counted', () => {
    const { 'sockets.engine': engines, 'sockets.admitted': admitted } = target.hub.gauges;
    return engines === 0 && admitted === 0;
  });
});

describe('an admitted client', () => {
  it.each([
    ['unknown events', '42["made.up",1]'],
    ['known events', '420["time.get"]'],
    ['acknowledgements that nobody asked for', '43999[]'],
    ['pongs that nobody asked for', '3'],
    ['nothing, in packets', '6'],
    ['large events', `42["made.up","${'x'.repeat(100_000)}"]`],
  ])('is cut for a flood of %s, and others are served meanwhile', async (_what, packet) => {
    const target = shared();
    const flood = await member(target);
    for (let sent = 0; sent < 20_000 && !flood.isOver(); sent += 1) {
      flood.socket.send(packet);
      // The sender runs in the hub's process here: both have to come to their turn.
      if (sent % 500 === 0) await target.owner.send('GET', '/healthz');
    }
    await until('it is cut', () => flood.isOver());
    await until('nothing is left of it', () => target.hub.gauges['sockets.engine'] === 0);
  });

  it('is cut for a flood of WebSocket pings, and for anything binary', async () => {
    const target = shared();
    const flood = await member(target);
    for (let sent = 0; sent < 20_000 && !flood.isOver(); sent += 1) {
      flood.socket.ping();
      if (sent % 500 === 0) await target.owner.send('GET', '/healthz');
    }
    await until('it is cut', () => flood.isOver());
    const binary = await member(target);
    binary.socket.send(Buffer.from([1, 2, 3]));
    await until('it is cut', () => binary.isOver());
  });
});
