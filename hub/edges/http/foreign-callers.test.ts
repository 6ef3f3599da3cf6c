import { expect, it } from 'vitest';
import { z } from 'zod';
import { MemberView, SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { everyRoute } from '../../testing/every-route.ts';
import { addMember } from '../../testing/rollout-site.ts';
import { signUpOther } from '../../testing/test-hub.ts';

/** What nobody needs to be signed in for. */
const OPEN = new Set([
  'GET /healthz',
  'GET /readyz',
  'GET /api/ca',
  'GET /api/ca.pem',
  'GET /api/session',
  'POST /api/sign-up',
  'POST /api/sign-in',
  'POST /api/bases/claim',
  'POST /api/device-logins',
  'POST /api/device-logins/token',
  'POST /api/webhooks/bases/{baseId}',
  // Their callers show a secret in the body.
  'GET /libpyiotcloud/',
  'POST /libpyiotcloud/signup',
  'POST /libpyiotcloud/login',
  'POST /libpyiotcloud/register_device',
  'POST /libpyiotcloud/unregister_device',
  'POST /libpyiotcloud/reset_device',
  'POST /libpyiotcloud/set_gpio',
  'POST /libpyiotcloud/set_rtc',
  'POST /libpyiotcloud/set_status',
  'POST /libpyiotcloud/set_mac',
  'POST /libpyiotcloud/write_uart',
  'GET /libpyiotcloud/get_device_list',
  'GET /libpyiotcloud/get_gpio',
  'GET /libpyiotcloud/get_rtc',
  'GET /libpyiotcloud/get_status',
  'GET /libpyiotcloud/get_mac',
  'GET /libpyiotcloud/get_ip',
  'GET /libpyiotcloud/get_subnet',
  'GET /libpyiotcloud/get_gateway',
]);
/** What a token may do to itself, if it is a person's program. */
const OWN = new Set(['DELETE /api/account/token']);
/** What bases may ask as well. */
const FOR_BASES = new Set(['POST /api/channels/authorize', 'GET /api/firmware/{firmwareId}/image']);
/** The answer to a member of no site here: that there is no such thing. */
const NO_SUCH =
  /^(site|base|device|unit|command|firmware|rollout|webhook|delivery)_unknown$|^claim_code_invalid$/;

it('refuses every route to unauthorized callers', { timeout: 60_000 }, async () => {
  const { site, routes } = await everyRoute();
  const { hub, owner, base, firmware, unitId } = site;
  const guarded = routes.filter(({ name }) => !OPEN.has(name));
  expect(guarded.length).toBeGreaterThan(40);
  const readToken = await owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'meter', scope: 'read' },
  });
  const reader = hub.client({ bearer: readToken.secret });
  const answers: Record<string, string> = {};
  for (const { name, method, path } of guarded) {
    const call = { method, path };
    answers[`nobody: ${name}`] = await hub.client().refused(call);
    if (method !== 'GET' && !FOR_BASES.has(name) && !OWN.has(name)) {
      answers[`reader: ${name}`] = await reader.refused(call);
    }
    if (!FOR_BASES.has(name)) {
      const asBase = hub.client({ bearer: await base.assertion() });
      answers[`base: ${name}`] = await asBase.refused(call);
    }
  }
  const wrong = Object.entries(answers).filter(
    ([who, code]) => code !== (who.startsWith('nobody') ? 'unauthenticated' : 'forbidden'),
  );
  expect(wrong).toEqual([]);

  // Somebody with another site, and somebody who was a member until now.
  const otherUser = await signUpOther(hub, owner);
  const was = await addMember(hub, owner, 'owner');
  await was.done({ path: `/api/sites/${owner.siteId}/snapshot` });
  const { sites } = await was.request(z.object({ sites: z.array(SiteView) }), {
    path: '/api/sites',
  });
  expect(sites).toHaveLength(1);
  const { secret } = await was.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'script', scope: 'control' },
  });
  const { members } = await owner.client.request(z.object({ members: z.array(MemberView) }), {
    path: `/api/sites/${owner.siteId}/members`,
  });
  const wasId = members.find(({ user }) => user.name === 'Mo')?.user.id ?? '';
  await owner.client.done({
    method: 'DELETE',
    path: `/api/sites/${owner.siteId}/members/${wasId}`,
  });
  const reported: string[] = [];
  const token = hub.client({ bearer: secret });
  for (const client of [otherUser, was, token]) {
    for (const { name, method, path, body } of guarded) {
      if (!/\{(?!sessionId|tokenId)\w+\}/.test(name) || FOR_BASES.has(name)) continue;
      const isUpload = name === 'POST /api/sites/{siteId}/firmware';
      const code = await client.refused({
        method,
        path,
        ...(isUpload ? { raw: 'x', headers: { 'content-type': 'application/octet-stream' } } : {}),
        ...(body === undefined ? {} : { body }),
      });
      // Some routes are for no token at all.
      const isRefused = NO_SUCH.test(code) || (client === token && code === 'forbidden');
      if (!isRefused) reported.push(`${name}: ${code}`);
    }
  }
  expect(reported).toEqual([]);

  // Things of others, in bodies for a site of one's own.
  const own = await otherUser.request(SiteView, { path: '/api/sites', body: { name: 'Mine' } });
  const inOwn = async (path: string, body: unknown): Promise<string> =>
    await otherUser.refused({ path: `/api/sites/${own.id}/${path}`, body });
  const address = { host: '192.0.2.99', port: 8888 };
  expect(
    await inOwn('units', { name: 'Mine', endpoint: { kind: 'base', baseId: base.id, address } }),
  ).toBe('base_unknown');
  expect(await inOwn('rollouts', { firmwareId: firmware.id })).toBe('firmware_unknown');
  expect(await inOwn('rollouts', { firmwareId: firmware.id, unitIds: [unitId] })).toBe(
    'firmware_unknown',
  );
});
