import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TokenScope } from '#protocol/access/roles.ts';
import { SiteView, TokenCreated, TokenView } from '#protocol/http/accounts.ts';
import { newId, SiteId } from '#protocol/ids.ts';
import { everyRoute } from '../../testing/every-route.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { signUpOwner, startTestHub } from '../../testing/test-hub.ts';

const Sites = z.object({ sites: z.array(SiteView) });

describe('an API token for one purpose', () => {
  it('is refused on every route that is not for it, and on nothing that is open to all', async () => {
    const { site, routes } = await everyRoute();
    const { secret } = await site.owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'prometheus', scope: 'metrics' },
    });
    const refused: string[] = [];
    for (const { method, path, body, name } of routes) {
      const headers = { authorization: `Bearer ${secret}` };
      const call = { method, path, headers, ...(body === undefined ? {} : { body }) };
      const { status } = await site.hub.client().call(call);
      const nobody = await site.hub.client().call({ ...call, headers: {} });
      // Whoever is nobody is told to sign in; a token that is good elsewhere has no right here.
      if (nobody.status !== 401 || name === 'POST /api/sign-in') continue;
      if (name.startsWith('POST /api/webhooks/')) continue;
      if (name.startsWith('GET /api/metrics/')) {
        expect([name, status]).toEqual([name, 200]);
        continue;
      }
      refused.push(name);
      expect([name, status]).toEqual([name, 403]);
    }
    expect(refused.length).toBeGreaterThan(40);
  });

  it.each(['app', 'device'])('is not created by a person: the key of one %s', async (scope) => {
    const owner = await signUpOwner(await startTestHub());
    expect(TokenScope.options).toContain(scope);
    const request = { path: '/api/account/tokens', body: { name: 'x', scope } };
    expect(await owner.client.refused(request)).toBe('bad_request');
  });
});

describe('an API token for certain sites', () => {
  it('has no access to any other site of its person', async () => {
    const { hub, owner, unitId } = await startLampSite({ online: false });
    const barn = await owner.client.request(SiteView, {
      path: '/api/sites',
      body: { name: 'Barn' },
    });
    const { token, secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'barn', scope: 'manage', siteIds: [barn.id] },
    });
    expect(token.siteIds).toEqual([barn.id]);
    const client = hub.client({ bearer: secret });
    expect((await client.request(Sites, { path: '/api/sites' })).sites).toEqual([barn]);
    expect(await client.done({ path: `/api/sites/${barn.id}/snapshot` })).toBe(200);
    const home = `/api/sites/${owner.siteId}`;
    for (const path of [home, `${home}/snapshot`, `${home}/members`, `${home}/rollouts`]) {
      expect([path, await client.refused({ path })]).toEqual([path, 'site_unknown']);
    }
    const command = { verb: 'set', affordance: 'brightness', input: 1 };
    const commands = `/api/units/${unitId}/commands`;
    expect(await client.refused({ path: commands, body: command })).toBe('unit_unknown');
    const channel = { socketId: 'made-up-socket', channel: `private-site.${owner.siteId}` };
    expect(await client.refused({ path: '/api/channels/authorize', body: channel })).toBe(
      'channel_forbidden',
    );
    // Another site would not be among those that it is for.
    const create = { path: '/api/sites', body: { name: 'Attic' } };
    expect(await client.refused(create)).toBe('forbidden');
  });

  it('is only for sites at which its person has a role', async () => {
    const owner = await signUpOwner(await startTestHub());
    const body = { name: 'x', scope: 'read', siteIds: [newId(SiteId)] };
    expect(await owner.client.refused({ path: '/api/account/tokens', body })).toBe('site_unknown');
    const { tokens } = await owner.client.request(z.object({ tokens: z.array(TokenView) }), {
      path: '/api/account/tokens',
    });
    expect(tokens).toEqual([]);
  });
});
