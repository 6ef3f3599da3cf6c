import { describe, expect, it } from 'vitest';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { UnitView } from '#protocol/http/units.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { type Owner, type TestHub, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

describe('API tokens', () => {
  it('add no units and move none: a base connects to whatever address it is given', async () => {
    const site = await startLampSite({ online: false });
    const { client, siteId } = site.owner;
    const created = await client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'voice', scope: 'manage' },
    });
    const token = site.hub.client({ bearer: created.secret });
    const address = { host: '192.0.2.77', port: 22 };
    const body = { name: 'x', endpoint: { kind: 'base', baseId: site.base.id, address } };
    expect(await token.refused({ path: `/api/sites/${siteId}/units`, body })).toBe('forbidden');
    const path = `/api/units/${site.unitId}`;
    const move = { method: 'PATCH', path, body: { endpoint: { kind: 'base', address } } } as const;
    expect(await token.refused(move)).toBe('forbidden');
    const renamed = await token.request(UnitView, {
      method: 'PATCH',
      path,
      body: { name: 'Desk' },
    });
    expect(renamed).toMatchObject({ name: 'Desk', endpoint: { address: { host: '192.0.2.10' } } });
    const moved = await client.request(UnitView, move);
    expect(moved.endpoint).toMatchObject({ kind: 'base', address });
  });

  async function tokenFor(owner: Owner, hub: TestHub, body: object) {
    const created = await owner.client.request(TokenCreated, { path: '/api/account/tokens', body });
    expect(created.secret).toMatch(/^sbx_[\w-]{43}$/);
    return { ...created, client: hub.client({ bearer: created.secret }) };
  }

  it('do what their scope allows, until they are revoked or expire', async () => {
    const clock = new ManualClock(Date.now());
    const hub = await startTestHub({ clock });
    const owner = await signUpOwner(hub);
    const reader = await tokenFor(owner, hub, { name: 'chart', scope: 'read' });
    const controller = await tokenFor(owner, hub, { name: 'remote', scope: 'control' });
    const manager = await tokenFor(owner, hub, {
      name: 'bot',
      scope: 'manage',
      expiresInDays: 1,
    });
    const create = { path: '/api/sites', body: { name: 'Barn' } };
    expect(await reader.client.done({ path: '/api/sites' })).toBe(200);
    expect(await reader.client.refused(create)).toBe('forbidden');
    expect(await controller.client.refused(create)).toBe('forbidden');
    expect(await manager.client.done(create)).toBe(201);
    expect(await manager.client.refused({ path: '/api/account/sessions' })).toBe('forbidden');
    const remove = { method: 'DELETE', path: `/api/account/tokens/${reader.token.id}` };
    expect(await owner.client.done(remove)).toBe(204);
    expect(await owner.client.refused(remove)).toBe('not_found');
    expect(await reader.client.refused({ path: '/api/sites' })).toBe('token_invalid');
    clock.suspend(86_400_001);
    expect(await manager.client.refused({ path: '/api/sites' })).toBe('token_invalid');
  });

  it('are refused when they are made up', async () => {
    const hub = await startTestHub();
    for (const bearer of ['sbx_', `sbx_${'A'.repeat(43)}`]) {
      expect(await hub.client({ bearer }).refused({ path: '/api/sites' })).toBe('token_invalid');
    }
    expect(
      await hub.client().refused({ path: '/api/sites', headers: { authorization: 'Basic x' } }),
    ).toBe('token_invalid');
    expect(await hub.client({ bearer: 'a.b.c' }).refused({ path: '/api/sites' })).toBe(
      'assertion_invalid',
    );
  });
});
