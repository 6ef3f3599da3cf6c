import { describe, expect, it } from 'vitest';
import { channelName } from '#protocol/hub-link/channels.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { newId, SiteId } from '#protocol/ids.ts';
import type { ChannelSocket } from '../harness/channel-socket.ts';
import { RawBase } from '../harness/raw-base.ts';
import { sharedSystem } from '../harness/shared-system.ts';
import { until } from '#platform/testing/until.ts';

const system = sharedSystem({ units: [], implementation: 'virtual', signUp: 'open' });

async function connected(socket: ChannelSocket): Promise<ChannelSocket> {
  expect(await socket.connect()).toBeUndefined();
  return socket;
}

function ownSite(): string {
  return channelName({ kind: 'site', siteId: system().site.id });
}

describe('a private channel', () => {
  it('is joined with a token for it', async () => {
    const socket = await connected(system().socket());
    expect(await socket.join(ownSite())).toBeUndefined();
  });

  it('is not joined with a token of another socket, of another channel, or none', async () => {
    const one = await connected(system().socket());
    const other = await connected(system().socket());
    const { token } = await one.authorize(ownSite());
    expect(await other.joinWith(ownSite(), token)).toBe('channel_token_invalid');
    const second = await system().addSite('Second');
    const elsewhere = channelName({ kind: 'site', siteId: second.id });
    expect(await one.joinWith(elsewhere, token)).toBe('channel_token_invalid');
    expect(await one.joinWith(ownSite(), '')).toBe('channel_token_invalid');
    expect(await one.joinWith(ownSite(), token)).toBeUndefined();
  });

  it('of a foreign site is not given to others', async () => {
    const otherUser = await system().signUpAnother();
    const socket = await connected(system().socket({ api: otherUser }));
    const body = { socketId: socket.socket.id, channel: ownSite() };
    expect(await otherUser.refused('POST', '/api/channels/authorize', { body })).toEqual({
      status: 403,
      code: 'channel_forbidden',
    });
    const nowhere = channelName({ kind: 'site', siteId: newId(SiteId) });
    for (const channel of [nowhere, 'private-kitchen']) {
      const { status } = await otherUser.refused('POST', '/api/channels/authorize', {
        body: { ...body, channel },
      });
      expect([403, 404]).toContain(status);
    }
  });

  it('of a base is joined by that base alone', async () => {
    const base = await RawBase.claim(system().api, await system().claimCode('Shed'));
    const socket = await connected(system().socket());
    const body = {
      socketId: socket.socket.id,
      channel: channelName({ kind: 'base', baseId: base.id }),
    };
    expect(await system().api.refused('POST', '/api/channels/authorize', { body })).toEqual({
      status: 403,
      code: 'channel_forbidden',
    });
  });

  it('is revoked at once with its token', async () => {
    const { secret, token } = await system().api.post(TokenCreated, '/api/account/tokens', {
      name: 'script',
      scope: 'read',
    });
    const client = system().api.withToken(secret);
    const socket = await connected(system().socket({ api: client, auth: { token: secret } }));
    expect(await socket.join(ownSite())).toBeUndefined();
    const removed = await system().api.send('DELETE', `/api/account/tokens/${token.id}`);
    expect(removed.status).toBe(204);
    await until('the hub says why', () =>
      [...socket.left, ...socket.closings].some(({ code }) => code === 'revoked'),
    );
    expect(await client.refused('GET', '/api/sites')).toEqual({
      status: 401,
      code: 'token_invalid',
    });
  });

  it('is revoked when its owner signs out', async () => {
    const other = await system().signUpAnother();
    const site = await system().addSite('Third', other);
    const socket = await connected(system().socket({ api: other }));
    expect(await socket.join(channelName({ kind: 'site', siteId: site.id }))).toBeUndefined();
    expect((await other.send('POST', '/api/sign-out')).status).toBeLessThan(300);
    await until(
      'the hub closes its channels',
      () => socket.left.length + socket.closings.length > 0,
    );
    expect(await other.refused('GET', '/api/sites')).toMatchObject({ status: 401 });
  });
});

describe('a connection', () => {
  it('without a credential is refused with a code', async () => {
    const nobody = system().api.anonymous();
    expect(await system().socket({ api: nobody }).connect()).toBe('unauthenticated');
  });

  it('with a token that was never given out is refused', async () => {
    const nobody = system().api.anonymous();
    const socket = system().socket({ api: nobody, auth: { token: 'sbt_nothing' } });
    expect(await socket.connect()).toBe('token_invalid');
  });

  it('of a base with a bent assertion is refused', async () => {
    const base = await RawBase.claim(system().api, await system().claimCode('Attic'));
    const nobody = system().api.anonymous();
    const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    const bent = [
      await base.assertion({ audience: 'somebody:else' }),
      await base.assertion({ issuedAt: hourAgo }),
      await base.assertion({ lifetimeSeconds: 86_400 }),
      `${(await base.assertion()).slice(0, -8)}AAAAAAAA`,
    ];
    for (const assertion of bent) {
      const code = await system().socket({ api: nobody, auth: { assertion } }).connect();
      expect(['assertion_invalid', 'clock_skewed']).toContain(code);
    }
    const once = await base.assertion();
    expect(
      await system()
        .socket({ api: nobody, auth: { assertion: once } })
        .connect(),
    ).toBeUndefined();
    expect(
      await system()
        .socket({ api: nobody, auth: { assertion: once } })
        .connect(),
    ).toBe('assertion_invalid');
  });

  it('from the page of another web site is refused', async () => {
    const socket = system().socket({ origin: 'https://evil.example' });
    expect(await socket.connect()).toBe('origin_refused');
  });
});

describe('the API', () => {
  it('lets a reading token look, but not steer', async () => {
    const { secret } = await system().api.post(TokenCreated, '/api/account/tokens', {
      name: 'viewer',
      scope: 'read',
    });
    const viewer = system().api.withToken(secret);
    expect((await viewer.send('GET', '/api/sites')).status).toBe(200);
    const path = `/api/sites/${system().site.id}/claim-codes`;
    expect(await viewer.refused('POST', path, { body: { baseName: 'x' } })).toEqual({
      status: 403,
      code: 'forbidden',
    });
  });

  it('hides a foreign site', async () => {
    const otherUser = await system().signUpAnother();
    const { status } = await otherUser.refused('GET', `/api/sites/${system().site.id}/snapshot`);
    expect([403, 404]).toContain(status);
  });

  it('accepts a claim code once', async () => {
    const code = await system().claimCode('Garage');
    await RawBase.claim(system().api, code);
    await expect(RawBase.claim(system().api, code)).rejects.toThrow('claim_code_used');
  });
});
