import { type Logger, pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { SessionView, SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { BaseId, SiteId, newId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { connected, joinChannel, openSocket, pairBase } from '../../testing/fake-base.ts';
import { addUnit } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import {
  type Owner,
  type TestHub,
  PASSWORD,
  invite,
  signUpOwner,
  signUpOther,
  startTestHub,
} from '../../testing/test-hub.ts';
import { describedLamp } from '../../testing/things.ts';
import { until } from '#platform/testing/until.ts';
import { stopReading } from '../../testing/stop-reading.ts';
import { Watcher, watchSite } from '../../testing/watcher.ts';

/** A connected socket of the owner's browser. */
async function ownerSocket(hub: TestHub, owner: Owner) {
  const socket = openSocket(hub, {}, { cookie: owner.client.cookie ?? '' });
  onTestFinished(() => void socket.disconnect());
  const watcher = new Watcher(socket);
  expect(await connected(socket)).toBeUndefined();
  const channel = channelName({ kind: 'site', siteId: owner.siteId });
  const authorize = async (socketId = socket.id): Promise<string> => {
    const { token } = await owner.client.request(ChannelAuthorization, {
      path: '/api/channels/authorize',
      body: { socketId, channel },
    });
    return token;
  };
  return { socket, watcher, channel, authorize };
}

describe('connecting', () => {
  it('is refused without a proof of who it is, with the code', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const cookie = owner.client.cookie ?? '';
    const refused = async (auth: object, headers = {}) =>
      await connected(openSocket(hub, auth, headers));
    expect(await refused({})).toBe('unauthenticated');
    const { port } = new URL(hub.addresses.http);
    const madeUp = `signalbox_session_${port}=made-up`;
    expect(await refused({}, { cookie: madeUp })).toBe('unauthenticated');
    expect(await refused({}, { cookie, origin: 'https://evil.example' })).toBe('origin_refused');
    expect(await refused({ token: 'sbx_made-up' })).toBe('token_invalid');
    expect(await refused({ assertion: 'a.b.c' })).toBe('assertion_invalid');
    expect(await refused({ assertion: 7 })).toBe('unauthenticated');
  });

  it('ends when no channel is joined in time', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const { watcher } = await ownerSocket(hub, await signUpOwner(hub));
    clock.advance(LIMITS.unjoinedSocketMs);
    const closing = await until('closing', () => watcher.closings[0]);
    expect(closing).toMatchObject({ code: 'idle_unjoined', reconnect: 'backoff' });
  });

  it('tells every client why when the hub stops', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const watcher = await watchSite(hub, owner.client, owner.siteId);
    await hub.close();
    const closing = await until('closing', () => watcher.closings[0]);
    expect(closing).toMatchObject({ code: 'not_ready', reconnect: 'backoff' });
  });
});

describe('joining', () => {
  it('accepts a token for exactly this channel and socket, once', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const one = await ownerSocket(hub, owner);
    const two = await ownerSocket(hub, owner);
    const { channel } = one;
    const join = (token: string, name = channel) =>
      joinChannel(one.socket, { channel: name, token });
    const invalid = { ok: false, code: 'channel_token_invalid' };
    expect(await join('made.up.token')).toMatchObject(invalid);
    expect(await join(await one.authorize(two.socket.id))).toMatchObject(invalid);
    const elsewhere = channelName({ kind: 'site', siteId: newId(SiteId) });
    expect(await join(await one.authorize(), elsewhere)).toMatchObject(invalid);
    const token = await one.authorize();
    expect(await join(token)).toMatchObject({ ok: true, channel });
    expect(await join(token)).toMatchObject(invalid);
    const reply: unknown = await one.socket.timeout(5_000).emitWithAck('channel.join', 'nonsense');
    expect(reply).toMatchObject({ ok: false, code: 'bad_request' });
  });

  it('returns the cursor after which a member gets all deltas', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const { socket, channel, authorize } = await ownerSocket(hub, owner);
    await pairBase(hub, owner);
    const { cursor } = await owner.client.request(SiteSnapshot, {
      path: `/api/sites/${owner.siteId}/snapshot`,
    });
    expect(cursor.rev).toBeGreaterThan(0);
    const reply = await joinChannel(socket, { channel, token: await authorize() });
    expect(reply).toMatchObject({ ok: true, cursor });
  });

  it('refuses tokens that are too old, and ends memberships that are not renewed', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const { socket, channel, authorize, watcher } = await ownerSocket(hub, owner);
    const old = await authorize();
    const fresh = await authorize();
    expect(await joinChannel(socket, { channel, token: fresh })).toMatchObject({ ok: true });
    clock.advance(LIMITS.channelTokenTtlMs + 1_000);
    expect(await joinChannel(socket, { channel, token: old })).toMatchObject({
      ok: false,
      code: 'channel_token_expired',
    });
    const renewed = await joinChannel(socket, { channel, token: await authorize() });
    expect(renewed).toMatchObject({ ok: true });
    clock.advance(LIMITS.channelGrantTtlMs - LIMITS.channelTokenTtlMs);
    expect(watcher.left).toEqual([]);
    clock.advance(LIMITS.channelTokenTtlMs);
    await until('channel.left', () => watcher.left[0]);
    expect(watcher.left).toEqual([{ channel, code: 'grant_expired' }]);
  });

  it('is authorized for members only, of channels that there are', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const otherUser = await signUpOther(hub, owner);
    const { socket, channel } = await ownerSocket(hub, owner);
    const requestFor = (name: string, socketId = socket.id) => ({
      path: '/api/channels/authorize',
      body: { socketId, channel: name },
    });
    expect(await otherUser.refused(requestFor(channel))).toBe('channel_forbidden');
    expect(await owner.client.refused(requestFor('private-moon.1'))).toBe('channel_unknown');
    const base = channelName({ kind: 'base', baseId: newId(BaseId) });
    expect(await owner.client.refused(requestFor(base))).toBe('channel_forbidden');
    expect(await owner.client.refused(requestFor(channel, 'somebody-elses'))).toBe(
      'channel_forbidden',
    );
  });

  it('is bounded: a socket has so many channels and no more', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const { socket } = await ownerSocket(hub, owner);
    const codes: (string | undefined)[] = [];
    for (let index = 0; index <= LIMITS.channelsPerSocket; index += 1) {
      const site = await owner.client.request(SiteView, {
        path: '/api/sites',
        body: { name: `Site ${index}` },
      });
      const channel = channelName({ kind: 'site', siteId: site.id });
      const { token } = await owner.client.request(ChannelAuthorization, {
        path: '/api/channels/authorize',
        body: { socketId: socket.id, channel },
      });
      const reply = await joinChannel(socket, { channel, token });
      codes.push(reply.ok ? undefined : reply.code);
    }
    expect(codes.slice(0, -1).every((code) => code === undefined)).toBe(true);
    expect(codes.at(-1)).toBe('channel_limit');
  });

  it('can be undone by the client', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const watcher = await watchSite(hub, owner.client, owner.siteId);
    const channel = channelName({ kind: 'site', siteId: owner.siteId });
    const leave = async (): Promise<unknown> =>
      await watcher.socket.timeout(5_000).emitWithAck('channel.leave', { channel });
    expect(await leave()).toEqual({ ok: true });
    expect(await leave()).toMatchObject({ ok: false, code: 'channel_unknown' });
  });
});

describe('taking a right back acts at once', () => {
  it('on the sockets of a session that was signed out', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const watcher = await watchSite(hub, owner.client, owner.siteId);
    await owner.client.done({ method: 'POST', path: '/api/sign-out' });
    const closing = await until('closing', () => watcher.closings[0]);
    expect(closing).toEqual({ code: 'revoked', reconnect: 'never' });
    await until('closed', () => (watcher.socket.connected ? undefined : true));
  });

  it('on the sockets of an API token', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const { token, secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'bot', scope: 'read' },
    });
    const socket = openSocket(hub, { token: secret });
    const watcher = new Watcher(socket);
    expect(await connected(socket)).toBeUndefined();
    const client = hub.client({ bearer: secret });
    const channel = channelName({ kind: 'site', siteId: owner.siteId });
    const grant = await client.request(ChannelAuthorization, {
      path: '/api/channels/authorize',
      body: { socketId: socket.id, channel },
    });
    expect(await joinChannel(socket, { channel, token: grant.token })).toMatchObject({ ok: true });
    await owner.client.done({ method: 'DELETE', path: `/api/account/tokens/${token.id}` });
    expect((await until('closing', () => watcher.closings[0])).code).toBe('revoked');
  });

  it('on the channel of a member who was removed', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const invitation = await invite(owner);
    const member = hub.client();
    const { user } = await member.request(SessionView, {
      path: '/api/sign-up',
      body: { email: 'm@x.org', name: 'M', password: PASSWORD, invitation },
    });
    const watcher = await watchSite(hub, member, owner.siteId);
    await owner.client.done({
      method: 'DELETE',
      path: `/api/sites/${owner.siteId}/members/${user?.id ?? ''}`,
    });
    const channel = channelName({ kind: 'site', siteId: owner.siteId });
    expect(await until('left', () => watcher.left[0])).toEqual({ channel, code: 'revoked' });
    expect((await until('closing', () => watcher.closings[0])).code).toBe('revoked');
  });

  it('on the connection of a base that was removed, and on all it does later', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const base = await pairBase(hub, owner);
    await base.goOnline();
    const watcher = await watchSite(hub, owner.client, owner.siteId);
    await owner.client.done({ method: 'DELETE', path: `/api/bases/${base.id}` });
    await watcher.next('base.removed', (delta) => delta.baseId === base.id);
    expect((await until('closing', () => base.closings[0])).code).toBe('base_revoked');
    expect(await base.connect()).toBe('base_revoked');
    const answer = await base.post(base.batch([{ type: 'unit.event', data: {} }]));
    expect(answer.body).toMatchObject({ status: 401, code: 'base_revoked' });
  });
});

describe('a client that reads too slowly', () => {
  it('is cut when more waits for it than may, and the others are not', async () => {
    const { log, lines } = keptLog();
    const hub = await startTestHub({ log });
    const owner = await signUpOwner(hub);
    const base = await pairBase(hub, owner);
    const slow = await watchSite(hub, owner.client, owner.siteId);
    const quick = await watchSite(hub, owner.client, owner.siteId);
    const unit = await addUnit({ owner, base }, '192.0.2.10');
    await base.send({ type: 'unit.described', data: describedLamp(unit.id) });
    const channel = channelName({ kind: 'site', siteId: owner.siteId });
    const isThere = async (socketId = '') =>
      (await owner.client.call({ path: '/api/channels/authorize', body: { socketId, channel } }))
        .status === 200;
    const slowId = slow.socket.id;
    stopReading(slow.socket);
    const readings = Array.from({ length: LIMITS.readingsPerEvent }, (_, seq) => ({
      property: 'temperature',
      value: seq,
      measuredAtMs: seq,
      receivedAtMs: seq,
      clock: 'synced' as const,
      seq,
    }));
    const event = {
      type: 'readings.recorded' as const,
      data: { unitId: unit.id, bootId: '00000001', readings },
    };
    await until(
      'cut',
      async () => {
        await base.send(event, event, event, event);
        return (await isThere(slowId)) ? undefined : true;
      },
      15_000,
    );
    expect(await isThere(quick.socket.id)).toBe(true);
    expect(quick.socket.connected).toBe(true);
    const closed = lines.find(({ msg }) => msg === 'socket closed by hub');
    expect(closed).toMatchObject({ socketId: slowId, code: 'slow_consumer' });
    // The bound, and the one message that went beyond it.
    const { waitingBytes = 0 } =
      lines.find(({ msg }) => msg === 'slow consumer disconnected') ?? {};
    const messageBytes = Math.max(
      ...quick.deltas.map((delta) => JSON.stringify(['site.delta', delta]).length + 8),
    );
    expect(messageBytes).toBeGreaterThan(10_000);
    expect(waitingBytes).toBeGreaterThan(LIMITS.socketBufferedBytes);
    expect(waitingBytes).toBeLessThanOrEqual(LIMITS.socketBufferedBytes + messageBytes);
    const heard = quick.deltas.flatMap(({ place }) => (place ? [place] : []));
    expect(heard.slice(1).map(({ after }) => after)).toEqual(
      heard.slice(0, -1).map(({ rev }) => rev),
    );
  });
});

const LogLine = z.looseObject({ msg: z.string(), waitingBytes: z.number().optional() });

/** A log that a test can read. */
function keptLog(): { readonly log: Logger; readonly lines: z.infer<typeof LogLine>[] } {
  const lines: z.infer<typeof LogLine>[] = [];
  const write = (line: string) => lines.push(LogLine.parse(JSON.parse(line)));
  return { log: pino({ level: 'info' }, { write }), lines };
}
