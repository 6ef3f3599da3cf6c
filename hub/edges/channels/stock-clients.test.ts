import { sql } from 'kysely';
import { type Socket, io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { Closing } from '#protocol/hub-link/socket-events.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { joinChannel, pairBase } from '../../testing/fake-base.ts';
import { type Owner, type TestHub, signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { openTestDatabase } from '../../testing/test-store.ts';
import { MESSAGES } from './connection-admission.ts';

/** As the documentation of Socket.IO says, only quicker. */
const STOCK = { transports: ['websocket'], forceNew: true, reconnectionDelay: 20 };

class StockClient {
  readonly socket: Socket;
  readonly closings: Closing[] = [];
  connects = 0;

  constructor(address: string, auth: object) {
    this.socket = io(address, { ...STOCK, auth });
    this.socket.on('connect', () => (this.connects += 1));
    this.socket.on('closing', (closing) => this.closings.push(Closing.parse(closing)));
    onTestFinished(() => void this.socket.disconnect());
  }

  async connected(times = 1): Promise<void> {
    await until(`${times} connections`, () => (this.connects >= times ? true : undefined));
  }

  /** It has lost its connection, and does not try again. */
  async hasStopped(): Promise<void> {
    await until('closed', () => (this.socket.connected ? undefined : true));
    expect(this.socket.active).toBe(false);
  }
}

async function tokenClient(hub: TestHub, owner: Owner) {
  const created = await owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'bot', scope: 'read' },
  });
  const client = new StockClient(hub.addresses.http, { token: created.secret });
  const joinSite = async (): Promise<void> => {
    const channel = channelName({ kind: 'site', siteId: owner.siteId });
    const { token } = await hub.client({ bearer: created.secret }).request(ChannelAuthorization, {
      path: '/api/channels/authorize',
      body: { socketId: client.socket.id, channel },
    });
    expect(await joinChannel(client.socket, { channel, token })).toMatchObject({ ok: true });
  };
  return { client, joinSite, ...created };
}

describe('a stock Socket.IO client comes back by itself', () => {
  it('after it joined nothing in time', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const { client } = await tokenClient(hub, await signUpOwner(hub));
    await client.connected();
    clock.advance(LIMITS.unjoinedSocketMs);
    await client.connected(2);
    expect(client.closings).toEqual([{ code: 'idle_unjoined', reconnect: 'backoff' }]);
  });

  it('after too many messages', async () => {
    const hub = await startTestHub();
    const { client } = await tokenClient(hub, await signUpOwner(hub));
    await client.connected();
    for (let index = 0; index <= MESSAGES.burst * 2; index += 1) client.socket.emit('unknown');
    await client.connected(2);
    expect(client.closings[0]).toEqual({ code: 'rate_limited', reconnect: 'backoff' });
  });

  it('after the hub stopped, to its next run', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const { client, joinSite } = await tokenClient(hub, owner);
    await client.connected();
    await joinSite();
    await hub.close();
    const httpPort = Number(new URL(hub.addresses.http).port);
    await startTestHub({ config: { dataFolder: hub.dataFolder, httpPort } });
    await client.connected(2);
    expect(client.closings[0]).toMatchObject({ code: 'not_ready', reconnect: 'backoff' });
  });

  it('when its person has as many sockets as there may be, once there is room', async () => {
    const hub = await startTestHub({ admission: { perOwner: 1, joiningBases: 8 } });
    const owner = await signUpOwner(hub);
    const first = await tokenClient(hub, owner);
    await first.client.connected();
    const second = await tokenClient(hub, owner);
    const reasons: unknown[] = [];
    second.client.socket.io.on('close', (_reason, details) => reasons.push(details));
    await until('a refusal', () => reasons[0]);
    // What a client may show: the close frame of the WebSocket says why.
    expect(reasons[0]).toMatchObject({ context: { code: 1013, reason: 'rate_limited' } });
    expect(second.client.connects).toBe(0);
    first.client.socket.disconnect();
    await second.client.connected();
  });

  it('when the database could not tell who it is', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const { client } = await tokenClient(hub, owner);
    await client.connected();
    const db = await openTestDatabase(hub.dataFolder);
    onTestFinished(() => db.destroy());
    await sql`alter table api_tokens rename to away`.execute(db);
    const reasons: unknown[] = [];
    client.socket.io.on('close', (_reason, details) => reasons.push(details));
    client.socket.io.engine.close();
    await until('a refusal', () => reasons[1]);
    expect(client.connects).toBe(1);
    await sql`alter table away rename to api_tokens`.execute(db);
    await client.connected(2);
  });
});

describe('a stock Socket.IO client stays away', () => {
  it('after its right was revoked', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const { client, joinSite, token } = await tokenClient(hub, owner);
    await client.connected();
    await joinSite();
    await owner.client.done({ method: 'DELETE', path: `/api/account/tokens/${token.id}` });
    await client.hasStopped();
    expect(client.closings).toEqual([{ code: 'revoked', reconnect: 'never' }]);
  });

  it('after its proof was refused', async () => {
    const hub = await startTestHub();
    const client = new StockClient(hub.addresses.http, { token: 'sbx_made-up' });
    const refused = await new Promise((resolve) => client.socket.once('connect_error', resolve));
    expect(refused).toMatchObject({ data: { code: 'token_invalid' } });
    await client.hasStopped();
  });

  it('as a base, after another connection took over, or it was removed', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const base = await pairBase(hub, owner);
    const stockBase = async () => {
      const client = new StockClient(hub.addresses.http, { assertion: await base.assertion() });
      await client.connected();
      const http = hub.client({ bearer: await base.assertion() });
      const { channel } = base;
      const { token } = await http.request(ChannelAuthorization, {
        path: '/api/channels/authorize',
        body: { socketId: client.socket.id, channel },
      });
      expect(await joinChannel(client.socket, { channel, token })).toMatchObject({ ok: true });
      return client;
    };
    const first = await stockBase();
    const second = await stockBase();
    await first.hasStopped();
    expect(first.closings).toEqual([{ code: 'taken_over', reconnect: 'never' }]);
    await owner.client.done({ method: 'DELETE', path: `/api/bases/${base.id}` });
    await second.hasStopped();
    expect(second.closings).toEqual([{ code: 'base_revoked', reconnect: 'never' }]);
  });
});
