import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { FakeHub } from '../../testing/fake-hub.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { FrozenWire } from '../../testing/frozen-wire.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { createHttpClient } from '#client/http-client.ts';
import { createSiteApi } from '#client/site-api.ts';
import { ChannelClient, type HubSocket, type LinkState } from '#client/channel-client.ts';
import { type Clock, systemClock } from '#client/clock.ts';
import type { SiteChange } from '#client/site-change.ts';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Arrangement {
  readonly refuse?: ErrorCode;
  readonly grantTtlMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** What has to be loaded first. */
  readonly beforeSocket?: () => Promise<void>;
  readonly ping?: { readonly pingInterval: number; readonly pingTimeout: number };
}

async function arrange(options: Arrangement = {}) {
  const site = new FakeSite('Home');
  const hub = new FakeHub(site, options.ping);
  if (options.grantTtlMs !== undefined) hub.grantTtlMs = options.grantTtlMs;
  const farUrl = new URL(await hub.start());
  const wire = new FrozenWire(Number(farUrl.port));
  const url = `http://127.0.0.1:${await wire.open()}`;
  closers.push(
    () => hub.close(),
    () => wire.close(),
  );
  const http = createHttpClient({
    fetch: (path, init) => fetch(new URL(path, farUrl), init),
    onSignedOut: () => undefined,
  });
  const api = createSiteApi(http);
  const changes: SiteChange[] = [];
  const states: LinkState['kind'][] = [];
  let joins = 0;
  let opened: HubSocket | undefined;
  let unreadable = 0;
  const channel = channelName({ kind: 'site', siteId: site.site.id });
  const client = new ChannelClient({
    channel,
    openSocket: async () => {
      await options.beforeSocket?.();
      opened = io(url, {
        transports: ['websocket'],
        autoConnect: false,
        reconnection: false,
        forceNew: true,
      });
      return opened;
    },
    authorize: (socketId, name) =>
      options.refuse ? Promise.reject(new AppError(options.refuse)) : api.authorize(socketId, name),
    onJoined: () => {
      joins += 1;
    },
    beginResume: () => undefined,
    onDelta: ({ parts }) => changes.push(...parts),
    onUnreadable: () => {
      unreadable += 1;
    },
    clock: options.clock ?? systemClock,
    random: options.random ?? (() => 0),
  });
  closers.push(() => client.close());
  client.status.subscribe(() => states.push(client.status.get().kind));
  client.start();
  return {
    hub,
    site,
    wire,
    client,
    changes,
    states,
    joins: () => joins,
    opened: () => opened,
    unreadable: () => unreadable,
  };
}

describe('ChannelClient', () => {
  it('authorizes, joins its channel and hands deltas on', async () => {
    const { site, client, changes, joins } = await arrange();
    await until('the channel is live', () => client.status.get().kind === 'live');
    expect(joins()).toBe(1);
    site.addBase('Cellar');
    await until('the change has arrived', () => changes.length === 1);
    expect(changes[0]?.name).toBe('base.changed');
  });

  it('tries again where the code of a socket cannot be loaded', async () => {
    const clock = new ManualClock();
    const loading = { fails: true };
    const { client, joins } = await arrange({
      clock,
      random: () => 1,
      beforeSocket: () =>
        loading.fails ? Promise.reject(new TypeError('cut')) : Promise.resolve(),
    });
    await until(
      'the channel is waiting to reconnect',
      () => client.status.get().kind === 'waiting',
    );
    expect(client.status.get()).toMatchObject({ code: 'hub_unreachable' });
    loading.fails = false;
    clock.advance(500);
    await until('the channel was joined', () => joins() === 1);
  });

  it('opens nothing that was closed while its code was loaded', async () => {
    const loaded: (() => void)[] = [];
    const { client, opened } = await arrange({
      beforeSocket: () => new Promise((done) => loaded.push(done)),
    });
    client.close();
    for (const done of loaded) done();
    await new Promise((done) => {
      setImmediate(done);
    });
    expect(opened()?.connected).toBe(false);
    expect(opened()?.active).toBe(false);
  });

  it('reconnects and joins again after a cut', async () => {
    const { hub, states, joins, client } = await arrange();
    await until('the channel was joined', () => joins() === 1);
    hub.dropSockets();
    await until('the channel was joined again', () => joins() === 2);
    expect(client.status.get().kind).toBe('live');
    expect(states).toContain('waiting');
  });

  it('stays away when the hub says never', async () => {
    const { hub, client, joins } = await arrange();
    await until('the channel was joined', () => joins() === 1);
    hub.closeSockets({ code: 'revoked', reconnect: 'never' });
    await until('the channel is stopped', () => client.status.get().kind === 'stopped');
    expect(client.status.get()).toEqual({ kind: 'stopped', code: 'revoked' });
  });

  it('waits as long as the hub requests plus a random time, then resynchronises', async () => {
    const clock = new ManualClock();
    const { hub, client, joins } = await arrange({ clock, random: () => 1 });
    await until('the channel was joined', () => joins() === 1);
    hub.closeSockets({ code: 'slow_consumer', reconnect: 'backoff', retryAfterMs: 3_000 });
    await until(
      'the channel is waiting to reconnect',
      () => client.status.get().kind === 'waiting',
    );
    expect(client.status.get()).toEqual({
      kind: 'waiting',
      code: 'slow_consumer',
      sinceMs: clock.nowMs(),
      retryAtMs: clock.nowMs() + 3_500,
    });
    clock.advance(3_499);
    expect(client.status.get().kind).toBe('waiting');
    clock.advance(1);
    await until('the channel was joined again', () => joins() === 2);
  });

  it('reconnects at once when the hub says now', async () => {
    const clock = new ManualClock();
    const { hub, client, joins } = await arrange({ clock, random: () => 1 });
    await until('the channel was joined', () => joins() === 1);
    hub.closeSockets({ code: 'not_ready', reconnect: 'now' });
    await until(
      'the channel is waiting to reconnect',
      () => client.status.get().kind === 'waiting',
    );
    expect(client.status.get()).toMatchObject({ retryAtMs: clock.nowMs() });
    clock.advance(0);
    await until('the channel was joined again', () => joins() === 2);
  });

  it('waits longer after each short link, and resets after a long one', async () => {
    const clock = new ManualClock();
    const { hub, client, joins } = await arrange({ clock, random: () => 1 });
    const waits: number[] = [];
    for (const [heldMs, round] of [0, 9_999, 0, 10_000].map((held, n) => [held, n + 1] as const)) {
      await until(
        'the channel is live again',
        () => joins() === round && client.status.get().kind === 'live',
      );
      clock.advance(heldMs);
      hub.dropSockets();
      await until(
        'the channel is waiting to reconnect',
        () => client.status.get().kind === 'waiting',
      );
      const status = client.status.get();
      const waitMs = status.kind === 'waiting' ? status.retryAtMs - clock.nowMs() : -1;
      waits.push(waitMs);
      clock.advance(waitMs);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 500]);
  });

  it('notices a dead connection, and reconnects', async () => {
    const { wire, states, joins } = await arrange({
      // Long enough that a busy machine does not look like a dead wire as well.
      ping: { pingInterval: 400, pingTimeout: 400 },
      // The next try comes after the whole window: when the wire is thawed already.
      random: () => 1,
    });
    await until('the channel was joined', () => joins() === 1);
    wire.freeze();
    await until('the connection is lost', () => states.includes('waiting'));
    wire.thaw();
    await until('the channel was joined again', () => joins() === 2, 15_000);
    expect(states.at(-1)).toBe('live');
  });

  it('says when it last heard the hub, not when it noticed the silence', async () => {
    const clock = new ManualClock();
    const { wire, client, joins } = await arrange({
      clock,
      ping: { pingInterval: 400, pingTimeout: 400 },
    });
    await until('the channel was joined', () => joins() === 1);
    const heardMs = clock.nowMs();
    wire.freeze();
    // What had passed the wire already is heard now.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    clock.advance(20_000);
    await until(
      'the channel is waiting to reconnect',
      () => client.status.get().kind === 'waiting',
    );
    expect(client.status.get()).toMatchObject({ sinceMs: heardMs });
  });

  it('keeps its membership while the hub is too busy to renew it', async () => {
    const { hub, states, joins } = await arrange({ grantTtlMs: 2_000 });
    await until('the channel was joined', () => joins() === 1);
    hub.failure = 'overloaded';
    await until('the hub has refused a call', () => hub.failed >= 1);
    hub.failure = undefined;
    await until('the channel was joined again', () => hub.joins.length === 2);
    expect(states).toEqual(['live']);
  });

  it('stops where the right to the channel is missing', async () => {
    const { client } = await arrange({ refuse: 'channel_forbidden' });
    await until('the channel is stopped', () => client.status.get().kind === 'stopped');
    expect(client.status.get()).toMatchObject({ code: 'channel_forbidden' });
  });

  it('renews its membership before it runs out, without resynchronising', async () => {
    const { hub, client, joins } = await arrange({ grantTtlMs: 2_000 });
    await until('the channel was joined again', () => hub.joins.length >= 2);
    expect(joins()).toBe(1);
    expect(client.status.get().kind).toBe('live');
  });

  it('reports a delta that does not fit its schema', async () => {
    const { hub, joins, unreadable } = await arrange();
    await until('the channel was joined', () => joins() === 1);
    hub.emitNonsense();
    await until('the delta was found unreadable', () => unreadable() === 1);
    expect(unreadable()).toBe(1);
  });
});
