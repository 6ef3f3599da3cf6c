import { Agent, get } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { Command } from '#protocol/command/command.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { connected, joinChannel, openSocket } from './testing/fake-base.ts';
import { type LampSite, sendCommand, startLampSite } from './testing/lamp-site.ts';
import { type Watcher, watchSite } from './testing/watcher.ts';

const ON = { verb: 'set', affordance: 'on', input: true };

/** A site on a hub that was asked to stop, as one of several: it waits for its balancer first. */
async function drainingSite(change: { readonly drainTime?: number } = {}) {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ clock, config: { drainWait: 3, drainTime: 0, ...change } });
  const stopNow = new AbortController();
  const drain = () => {
    let isDone = false;
    const drained = site.hub.drain(stopNow.signal).then(() => (isDone = true));
    return { drained, isDone: () => isDone };
  };
  return { site, clock, stopNow, drain };
}

function readiness({ hub }: LampSite): Promise<number> {
  return hub
    .client()
    .call({ path: '/readyz' })
    .then(({ status }) => status);
}

/** The answers of requests on one connection, as long as it stays open. */
async function keptAlive(address: string): Promise<string | undefined> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return await new Promise((resolve, reject) => {
    get(`${address}/healthz`, { agent }, (response) => {
      response.resume();
      resolve(response.headers.connection);
    }).once('error', reject);
  });
}

it('is unready at once, and serves as before until the balancer can have noticed', async () => {
  const { site, clock, drain } = await drainingSite();
  const { hub, owner, base } = site;
  expect(await readiness(site)).toBe(200);
  expect(await keptAlive(hub.addresses.http)).toBe('keep-alive');
  const { isDone, drained } = drain();
  expect(await readiness(site)).toBe(503);
  // The next request of whoever comes by itself goes to another hub.
  expect(await keptAlive(hub.addresses.http)).toBe('close');
  expect((await hub.client().call({ path: '/healthz' })).status).toBe(200);
  await watchSite(hub, owner.client, owner.siteId);
  expect((await sendCommand(site, ON)).status).toBe(202);
  await base.nextEntry(({ type }) => type === 'command.issued');
  clock.advance(2_999);
  expect(base.socket.connected).toBe(true);
  expect(isDone()).toBe(false);
  clock.advance(1);
  await drained;
  await until('the base is gone', () => (base.socket.connected ? undefined : true));
  await expect(fetch(hub.addresses.http)).rejects.toThrow();
});

it('ends sockets and streams so that their clients come back at their time', async () => {
  const { site, stopNow, drain } = await drainingSite();
  const { hub, owner, base } = site;
  const watchers: Watcher[] = [];
  for (let index = 0; index < 5; index += 1) {
    watchers.push(await watchSite(hub, owner.client, owner.siteId));
  }
  const stream = await fetch(`${hub.addresses.http}/api/sites/${owner.siteId}/events`, {
    headers: { accept: 'text/event-stream', cookie: owner.client.cookie ?? '' },
  });
  const text = stream.text();
  stopNow.abort();
  await drain().drained;
  const closings = await until('all have the reason', () => {
    const received = [base, ...watchers].flatMap((each) => each.closings);
    return received.length === 6 ? received : undefined;
  });
  for (const { code, reconnect } of closings) {
    expect({ code, reconnect }).toEqual({ code: 'not_ready', reconnect: 'backoff' });
  }
  // On SQLite there is no other hub: all have to wait for this one, and not all at once.
  const waits = closings.map(({ retryAfterMs }) => retryAfterMs).toSorted((a = 0, b = 0) => a - b);
  const isAlone = waits[0] === 1_000;
  const firstMs = isAlone ? 1_000 : 0;
  expect(waits).toEqual([0, 20, 40, 60, 80, 100].map((ms) => firstMs + ms));
  expect(await text).toMatch(
    /\nretry: (500|1120)\n\nid: \S+\nevent: closed\ndata: {"code":"not_ready"}\n\n$/,
  );
});

it('answers who waits for the end of a command with what is known', async () => {
  const { site, stopNow, drain } = await drainingSite();
  const waiting = sendCommand(site, ON, { prefer: 'wait=20' });
  await until('it waits', () => site.hub.gauges()['services.waiters'] === 1);
  stopNow.abort();
  await drain().drained;
  const answer = await waiting;
  expect(answer.status).toBe(202);
  expect(Command.parse(answer.body).state).not.toBe('succeeded');
});

it('sends whoever comes late to another hub', async () => {
  const { site, clock, stopNow, drain } = await drainingSite({ drainTime: 60 });
  const { hub, owner } = site;
  const cookie = owner.client.cookie ?? '';
  const socket = openSocket(hub, {}, { cookie });
  onTestFinished(() => void socket.disconnect());
  expect(await connected(socket)).toBeUndefined();
  const channel = channelName({ kind: 'site', siteId: owner.siteId });
  const { token } = await owner.client.request(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: socket.id, channel },
  });
  const { drained, isDone } = drain();
  clock.advance(3_000);
  // One at a time: this one is the second, and its turn has not come.
  await until('the first has the reason', () => (site.base.closings[0] ? true : undefined));
  expect(isDone()).toBe(false);
  expect(await joinChannel(socket, { channel, token })).toMatchObject({ code: 'not_ready' });
  // Refused with 503 and not by a word of Socket.IO, which would be final for a stock client.
  expect(await connected(openSocket(hub, {}, { cookie }))).toBe('websocket error');
  const stream = {
    path: `/api/sites/${owner.siteId}/events`,
    headers: { accept: 'text/event-stream' },
  };
  expect(await owner.client.refused(stream)).toBe('not_ready');
  stopNow.abort();
  await drained;
});
