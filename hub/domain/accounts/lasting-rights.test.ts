import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvitationCreated, SessionView, TokenCreated } from '#protocol/http/accounts.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { parseClaimCode } from '#protocol/hub-link/claim-code.ts';
import { pairBase } from '../../testing/fake-base.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import { type Owner, PASSWORD, signUpOwner, startTestHub } from '../../testing/test-hub.ts';

const invite = (client: HubClient, { siteId }: Owner) =>
  client.request(InvitationCreated, {
    path: `/api/sites/${siteId}/invitations`,
    body: { role: 'owner' },
  });

const claimCode = (client: HubClient, { siteId }: Owner) =>
  client.request(ClaimCodeCreated, {
    path: `/api/sites/${siteId}/claim-codes`,
    body: { baseName: 'Attic' },
  });

describe('an API token that may change things', () => {
  it('does nothing that lasts longer than itself', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const base = await pairBase(hub, owner);
    const { secret } = await owner.client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { name: 'bot', scope: 'manage' },
    });
    const bot = hub.client({ bearer: secret });
    const site = `/api/sites/${owner.siteId}`;
    for (const call of [
      { path: `${site}/invitations`, body: { role: 'owner' } },
      { path: `${site}/claim-codes`, body: { baseName: 'x' } },
      { method: 'DELETE', path: `${site}/members/${owner.userId}` },
      { method: 'DELETE', path: `/api/bases/${base.id}` },
    ]) {
      expect(await bot.refused(call), call.path).toBe('forbidden');
    }
    const rename = { method: 'PATCH', path: `/api/bases/${base.id}`, body: { name: 'Cellar' } };
    expect(await bot.done(rename)).toBe(200);
  });

  it('is documented in the API description', async () => {
    const hub = await startTestHub();
    const page = await hub.client().request(z.string(), { path: '/api/docs' });
    expect(page).toContain('an API token cannot decide who belongs to a site');
    expect(page).toContain('an API token cannot decide which bases belong to a site');
  });
});

describe('an owner who is removed', () => {
  it('does not come back by what they made before, and others still do', async () => {
    const hub = await startTestHub();
    const owner = await signUpOwner(hub);
    const other = hub.client();
    const view = await other.request(SessionView, {
      path: '/api/sign-up',
      body: {
        email: 'bo@example.org',
        name: 'Bo',
        password: PASSWORD,
        invitation: (await invite(owner.client, owner)).code,
      },
    });
    const privateEntry = await invite(other, owner);
    const backBase = await claimCode(other, owner);
    const goodInvitation = await invite(owner.client, owner);
    const goodBase = await claimCode(owner.client, owner);
    await owner.client.done({
      method: 'DELETE',
      path: `/api/sites/${owner.siteId}/members/${view.user?.id ?? ''}`,
    });
    const accept = (code: string) => ({ path: '/api/invitations/accept', body: { code } });
    const claim = (code: string) => ({
      path: '/api/bases/claim',
      body: {
        secret: parseClaimCode(code)?.secret,
        publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
        version: '1',
      },
    });
    expect(await other.refused(accept(privateEntry.code))).toBe('invitation_invalid');
    expect(await hub.client().refused(claim(backBase.code))).toBe('claim_code_invalid');
    expect(await hub.client().done(claim(goodBase.code))).toBe(201);
    expect(await other.done(accept(goodInvitation.code))).toBe(200);
  });
});
