import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { FakeHub } from '../../testing/fake-hub.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { until } from '../../testing/until.ts';
import { createHttpClient } from '../api/http-client.ts';
import { createSiteApi } from '../api/site-api.ts';
import { ChannelClient, type LinkState } from './channel-client.ts';
import { systemClock } from './clock.ts';
import type { SiteChange } from './site-change.ts';

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function arrange(options: { refuse?: ErrorCode; grantTtlMs?: number } = {}) {
  const site = new FakeSite('Home');
  const hub = new FakeHub(site);
  if (options.grantTtlMs !== undefined) hub.grantTtlMs = options.grantTtlMs;
  const url = await hub.start();
  closers.push(() => hub.close());
  const http = createHttpClient({
    fetch: (path, init) => fetch(new URL(path instanceof Request ? path.url : path, url), init),
    onSignedOut: () => undefined,
  });
  const api = createSiteApi(http);
  const changes: SiteChange[] = [];
  const states: LinkState['kind'][] = [];
  let joins = 0;
  let unreadable = 0;
  const channel = channelName({ kind: 'site', siteId: site.site.id });
  const client = new ChannelClient({
    channel,
    openSocket: () =>
      io(url, {
        transports: ['websocket'],
        autoConnect: false,
        reconnection: false,
        forceNew: true,
      }),
    authorize: (socketId, name) =>
      options.refuse ? Promise.reject(new AppError(options.refuse)) : api.authorize(socketId, name),
    onJoined: () => {
      joins += 1;
    },
    onChange: (change) => changes.push(change),
    onUnreadable: () => {
      unreadable += 1;
    },
    clock: systemClock,
    random: () => 0,
  });
  closers.push(() => client.close());
  client.status.subscribe(() => states.push(client.status.get().kind));
  client.start();
  return {
    hub,
    site,
    client,
    changes,
    states,
    joins: () => joins,
    unreadable: () => unreadable,
  };
}

describe('ChannelClient', () => {
  it('authorizes, joins its channel and hands deltas on', async () => {
    const { site, client, changes, joins } = await arrange();
    await until(() => client.status.get().kind === 'live');
    expect(joins()).toBe(1);
    site.addBase('Cellar');
    await until(() => changes.length === 1);
    expect(changes[0]?.name).toBe('base.changed');
  });

  it('comes back and joins anew after a cut', async () => {
    const { hub, states, joins, client } = await arrange();
    await until(() => joins() === 1);
    hub.dropSockets();
    await until(() => joins() === 2);
    expect(client.status.get().kind).toBe('live');
    expect(states).toContain('waiting');
  });

  it('stays away when the hub says never', async () => {
    const { hub, client, joins } = await arrange();
    await until(() => joins() === 1);
    hub.closeSockets('revoked', 'never');
    await until(() => client.status.get().kind === 'stopped');
    expect(client.status.get()).toEqual({ kind: 'stopped', code: 'revoked' });
  });

  it('stops where the right to the channel is missing', async () => {
    const { client } = await arrange({ refuse: 'channel_forbidden' });
    await until(() => client.status.get().kind === 'stopped');
    expect(client.status.get()).toMatchObject({ code: 'channel_forbidden' });
  });

  it('renews its membership before it runs out, without resynchronising', async () => {
    const { hub, client, joins } = await arrange({ grantTtlMs: 2_000 });
    await until(() => hub.joins.length >= 2);
    expect(joins()).toBe(1);
    expect(client.status.get().kind).toBe('live');
  });

  it('reports a delta that does not fit its schema', async () => {
    const { hub, joins, unreadable } = await arrange();
    await until(() => joins() === 1);
    hub.emitNonsense();
    await until(() => unreadable() === 1);
    expect(unreadable()).toBe(1);
  });
});
