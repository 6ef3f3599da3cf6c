import { describe, expect, it } from 'vitest';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import { SiteId, newId } from '#protocol/ids.ts';
import { signUpRequest } from '../../testing/sign-up-request.ts';
import { invite, signUpOwner, signUpOther, startTestHub } from '../../testing/test-hub.ts';

describe('members', () => {
  it('see and steer; owners also let in and put out', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const member = hub.client();
    await member.done(signUpRequest({ invitation: await invite(owner) }));
    const site = `/api/sites/${owner.siteId}`;
    expect(await member.done({ path: `${site}/members` })).toBe(200);
    expect(await member.done({ path: `${site}/snapshot` })).toBe(200);
    expect(
      await member.done({ method: 'PUT', path: `${site}/layout`, body: { unitIds: [] } }),
    ).toBe(204);
    expect(await member.refused({ path: `${site}/invitations`, body: { role: 'owner' } })).toBe(
      'forbidden',
    );
    expect(await member.refused({ path: `${site}/claim-codes`, body: { baseName: 'x' } })).toBe(
      'forbidden',
    );
    expect(await member.refused({ method: 'PATCH', path: site, body: { name: 'x' } })).toBe(
      'forbidden',
    );
    expect(
      await member.refused({ method: 'DELETE', path: `${site}/members/${owner.userId}` }),
    ).toBe('forbidden');
    expect(
      await owner.client.refused({ method: 'DELETE', path: `${site}/members/${owner.userId}` }),
    ).toBe('last_owner');
    const renamed = await owner.client.request(SiteView, {
      method: 'PATCH',
      path: site,
      body: { name: 'Cottage' },
    });
    expect(renamed.name).toBe('Cottage');
  });

  it('become owners by a second invitation, and lose all at once when removed', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const member = hub.client();
    const view = await member.request(
      SessionView,
      signUpRequest({ invitation: await invite(owner) }),
    );
    const accepted = await member.request(SiteView, {
      path: '/api/invitations/accept',
      body: { code: await invite(owner, 'owner') },
    });
    expect(accepted.role).toBe('owner');
    const path = `/api/sites/${owner.siteId}`;
    expect(
      await owner.client.done({
        method: 'DELETE',
        path: `${path}/members/${view.user?.id ?? ''}`,
      }),
    ).toBe(204);
    expect(await member.refused({ path: `${path}/snapshot` })).toBe('site_unknown');
  });

  it('of other sites get the answer that there is no such site', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const otherUser = await signUpOther(hub, owner);
    const path = `/api/sites/${owner.siteId}`;
    for (const call of [
      { path },
      { path: `${path}/snapshot` },
      { path: `${path}/members` },
      { method: 'PUT', path: `${path}/layout`, body: { unitIds: [] } },
      { path: `${path}/claim-codes`, body: { baseName: 'x' } },
      { path: `${path}/invitations`, body: { role: 'owner' } },
      { path: `/api/sites/${newId(SiteId)}` },
    ]) {
      expect(await otherUser.refused(call), call.path).toBe('site_unknown');
    }
    expect(
      await otherUser.refused({ path: '/api/invitations/accept', body: { code: 'made up' } }),
    ).toBe('invitation_invalid');
  });
});
