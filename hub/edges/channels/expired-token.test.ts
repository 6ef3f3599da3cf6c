import { expect, it, onTestFinished } from 'vitest';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { connected, joinChannel, openSocket } from '../../testing/fake-base.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';

const DAY_MS = 86_400_000;

/** A hub with a program in the channel of a site, whose token is valid for a day. */
async function joinByToken(passMost: (clock: ManualClock, expiresAtMs: number) => void) {
  const clock = new ManualClock(Date.now());
  const hub = await startTestHub({ clock });
  const owner = await signUpOwner(hub);
  const { secret, token } = await owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'meter', scope: 'read', expiresInDays: 1 },
  });
  const expiresAtMs = Date.parse(token.expiresAt ?? '');
  passMost(clock, expiresAtMs);
  const socket = openSocket(hub, { token: secret });
  onTestFinished(() => void socket.disconnect());
  const left: unknown[] = [];
  socket.on('channel.left', (message) => left.push(message));
  expect(await connected(socket)).toBeUndefined();
  const channel = channelName({ kind: 'site', siteId: owner.siteId });
  const authorized = await hub.client({ bearer: secret }).request(ChannelAuthorization, {
    path: '/api/channels/authorize',
    body: { socketId: socket.id, channel },
  });
  const joined = await joinChannel(socket, { channel, token: authorized.token });
  expect(joined).toMatchObject({ ok: true, grantExpiresAtMs: expiresAtMs });
  return { clock, hub, owner, secret, expiresAtMs, channel, left };
}

it('ends a channel with the API token that it was joined by', async () => {
  const { clock, channel, left } = await joinByToken((passing) => passing.suspend(DAY_MS - 60_000));
  clock.advance(60_000);
  await until('the channel is left', () => (left.length > 0 ? true : undefined));
  expect(left).toEqual([{ channel, code: 'grant_expired' }]);
});

it('ends a channel and a stream of events at the time of the wall clock, when that is set', async () => {
  const { clock, hub, owner, secret, expiresAtMs, channel, left } = await joinByToken(
    (passing, endMs) => passing.set(endMs - 60_000),
  );
  const stream = await fetch(`${hub.addresses.http}/api/sites/${owner.siteId}/events`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${secret}` },
  });
  expect(hub.gauges()['services.eventStreams']).toBe(1);

  // Half a minute back: the timers would be early.
  clock.set(expiresAtMs - 90_000);
  clock.advance(70_000);
  expect(hub.gauges()['services.eventStreams']).toBe(1);
  expect(left).toEqual([]);

  clock.set(expiresAtMs + 3_600_000);
  clock.advance(5_000);
  await until('the channel is left', () => (left.length > 0 ? true : undefined));
  expect(left).toEqual([{ channel, code: 'grant_expired' }]);
  await until('the stream has ended', () => hub.gauges()['services.eventStreams'] === 0);
  await expect(stream.text()).rejects.toThrow();
});
