import { describe, expect, it } from 'vitest';
import type { Role, TokenScope } from '#protocol/access/roles.ts';
import { Problem } from '#protocol/http/problem.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import { type LampSite, startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { addMember } from '../../testing/rollout-site.ts';
import { PASSWORD, signUpOther } from '../../testing/test-hub.ts';

async function outcome(site: LampSite, client: HubClient, affordance: string): Promise<unknown> {
  const path = `/api/units/${site.unitId}/commands`;
  const { status, body } = await client.call({ path, body: { verb: 'invoke', affordance } });
  return status === 202 ? 202 : Problem.parse(body).code;
}

async function software(site: LampSite, scope: TokenScope): Promise<HubClient> {
  const { secret } = await site.owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: scope, scope },
  });
  return site.hub.client({ bearer: secret });
}

const no = 'forbidden';

describe('an action of a unit', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['reset', { owner: 202, manager: 202, member: 202, guest: no, manage: 202, control: 202 }],
    ['macSet', { owner: 202, manager: 202, member: no, guest: no, manage: 202, control: no }],
    ['factoryReset', { owner: 202, manager: no, member: no, guest: no, manage: no, control: no }],
  ])('%s is for whom its meaning says, and of others there is no unit', async (name, allowed) => {
    const site = await startLampSite();
    const as = (role: Role) => addMember(site.hub, site.owner, role);
    const otherUser = await signUpOther(site.hub, site.owner);
    expect({
      owner: await outcome(site, site.owner.client, name),
      manager: await outcome(site, await as('manager'), name),
      member: await outcome(site, await as('member'), name),
      guest: await outcome(site, await as('guest'), name),
      manage: await outcome(site, await software(site, 'manage'), name),
      control: await outcome(site, await software(site, 'control'), name),
    }).toEqual(allowed);
    expect(await outcome(site, await software(site, 'read'), name)).toBe('forbidden');
    expect(await outcome(site, otherUser, name)).toBe('unit_unknown');
    expect(await outcome(site, site.hub.client(), name)).toBe('unauthenticated');
  });

  it('that cannot be undone from afar wants the password again after a while', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const { client } = site.owner;
    const reauthenticate = (password: string) => ({
      path: '/api/account/reauthentication',
      body: { password },
    });
    clock.advance(LIMITS.reauthenticationTtlMs);
    expect(await outcome(site, client, 'factoryReset')).toBe(202);
    clock.advance(1);
    expect(await outcome(site, client, 'factoryReset')).toBe('reauthentication_required');
    expect(await outcome(site, client, 'macSet')).toBe(202);
    expect(await client.refused(reauthenticate('wrong'))).toBe('credentials_invalid');
    expect(await outcome(site, client, 'factoryReset')).toBe('reauthentication_required');
    expect(await client.done(reauthenticate(PASSWORD))).toBe(204);
    expect(await outcome(site, client, 'factoryReset')).toBe(202);
    clock.advance(LIMITS.reauthenticationTtlMs + 1);
    expect(await outcome(site, client, 'factoryReset')).toBe('reauthentication_required');
    // A proof of a clock that was ahead is not good until the time comes that it showed.
    const rightMs = clock.nowMs();
    clock.set(rightMs + 86_400_000);
    expect(await client.done(reauthenticate(PASSWORD))).toBe(204);
    clock.set(rightMs);
    expect(await outcome(site, client, 'factoryReset')).toBe('reauthentication_required');
  });

  it('that restarts a unit is not kept for later, in whatever words', async () => {
    const site = await startLampSite({ online: false });
    const path = `/api/units/${site.unitId}/commands`;
    const body = { verb: 'enqueue', affordance: 'factoryReset' };
    for (const more of [{}, { verb: 'invoke', ttlMs: 10_001 }]) {
      const late = await site.owner.client.call({ path, body: { ...body, ...more } });
      expect(Problem.parse(late.body).code).toBe('operation_not_allowed');
    }
    const now = await site.owner.client.call({ path, body: { ...body, verb: 'invoke' } });
    expect(now.body).toMatchObject({ state: 'failed', code: 'base_offline' });
  });
});
