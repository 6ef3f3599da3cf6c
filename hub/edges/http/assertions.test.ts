import { expect, it } from 'vitest';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { pairBase } from '../../testing/fake-base.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';

it('checks few signatures of an address that was refused too often, right ones included', async () => {
  const clock = new ManualClock(Date.now());
  const hub = await startTestHub({ clock, rateLimits: { failures: 3 } });
  const owner = await signUpOwner(hub);
  const base = await pairBase(hub, owner);
  await base.connect();
  const authorize = async () =>
    hub.client({ bearer: await base.assertion() }).call({
      path: '/api/channels/authorize',
      body: { socketId: base.socket.id, channel: base.channel },
    });
  expect(ChannelAuthorization.safeParse((await authorize()).body).success).toBe(true);
  for (let index = 0; index < 3; index += 1) {
    const jwt = (await base.assertion()).replace(/.{8}$/, 'AAAAAAAA');
    expect(await hub.client({ bearer: jwt }).refused({ path: '/api/sites' })).toBe(
      'assertion_invalid',
    );
  }
  for (let index = 0; index < 20; index += 1) expect((await authorize()).status).toBe(200);
  expect(await authorize()).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  clock.advance(1_000);
  expect((await authorize()).status).toBe(200);
  base.disconnect();
});
