import { z } from 'zod';
import { DeliveryView } from '#protocol/http/webhooks.ts';
import { Command } from '#protocol/command/command.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { SOCKET } from './device-unit.ts';
import { registerDevice } from './device-site.ts';
import { type RolloutSite, startRollout, startRolloutSite } from './rollout-site.ts';
import { addWebhook } from './webhook-site.ts';
import type { TestHubOptions } from './test-hub.ts';

const Description = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ requestBody: z.unknown().optional() })),
  ),
});

export interface Route {
  /** As the description of the API has it: `GET /api/sites/{siteId}`. */
  readonly name: string;
  readonly method: string;
  /** With the ids of what there is. */
  readonly path: string;
  /** One that fits. */
  readonly body: unknown;
}

/** All documented routes of the hub, for existing things of a site. */
export async function everyRoute(
  options: TestHubOptions & { readonly online?: boolean } = {},
): Promise<{ site: RolloutSite; routes: readonly Route[] }> {
  const site = await startRolloutSite(1, {
    ...options,
    config: { signUp: 'open', webhookNetworks: ['loopback'] },
  });
  const { hub, owner, base, unitId, firmware } = site;
  const rollout = await startRollout(site);
  const issued = await owner.client.request(Command, {
    path: `/api/units/${unitId}/commands`,
    body: { verb: 'enqueue', affordance: 'brightness', input: 5 },
  });
  const claim = await owner.client.request(ClaimCodeCreated, {
    path: `/api/sites/${owner.siteId}/claim-codes`,
    body: { baseName: 'Cellar' },
  });
  const { device } = await registerDevice(owner);
  const webhook = await addWebhook(owner, { url: 'http://127.0.0.1:9/' });
  const delivery = await owner.client.request(DeliveryView, {
    ...{ method: 'POST', path: `/api/webhooks/${webhook.id}/test` },
  });
  const ids: Readonly<Record<string, string>> = {
    siteId: owner.siteId,
    userId: owner.userId,
    baseId: base.id,
    unitId,
    commandId: issued.id,
    firmwareId: firmware.id,
    rolloutId: rollout.id,
    claimId: claim.id,
    deviceId: device.id,
    webhookId: webhook.id,
    deliveryId: delivery.id,
    credentialId: device.credentials[0]?.id ?? '',
  };
  const address = { host: '192.0.2.99', port: 8888 };
  const bodies: Readonly<Record<string, unknown>> = {
    'PATCH /api/sites/{siteId}': { name: 'Mine' },
    'PUT /api/sites/{siteId}/retention': { rawDays: 60, minuteDays: null, hourDays: null },
    'PUT /api/sites/{siteId}/layout': { unitIds: [unitId] },
    'POST /api/sites/{siteId}/invitations': { role: 'owner' },
    'POST /api/sites/{siteId}/claim-codes': { baseName: 'Mine' },
    'PATCH /api/bases/{baseId}': { name: 'Mine' },
    'POST /api/bases/{baseId}/discovery': { revision: null },
    'POST /api/bases/{baseId}/probe': { address },
    'POST /api/sites/{siteId}/units': {
      name: 'Mine',
      endpoint: { kind: 'base', baseId: base.id, address },
    },
    'POST /api/sites/{siteId}/devices': { name: 'Mine', credential: { kind: 'password' } },
    'PATCH /api/devices/{deviceId}': { name: 'Mine' },
    'POST /api/devices/{deviceId}/accept': { offerId: 'homie:lamp', digest: 'made-up' },
    'POST /api/devices/{deviceId}/credentials': { credential: { kind: 'password' } },
    'POST /api/sites/{siteId}/webhooks': { name: 'Mine', url: 'http://127.0.0.1:9/' },
    'PATCH /api/webhooks/{webhookId}': { name: 'Mine' },
    'POST /api/webhooks/{webhookId}/replay': { since: '2026-01-01T00:00:00.000Z' },
    'PATCH /api/units/{unitId}': { name: 'Mine' },
    'POST /api/sites/{siteId}/topics/publish': { topic: 'plug/set', payload: 'ON' },
    'PUT /api/units/{unitId}/mapping': { mapping: SOCKET },
    'POST /api/units/{unitId}/commands': { verb: 'set', affordance: 'brightness', input: 9 },
    'POST /api/sites/{siteId}/rollouts': { firmwareId: firmware.id },
    'PUT /api/sites/{siteId}/firmware-keys': { keys: [] },
    'PUT /api/account/libpyiotcloud': { siteId: owner.siteId },
    'POST /api/sites': { name: 'Mine' },
    'POST /api/invitations/accept': { code: 'made-up' },
    'POST /api/account/tokens': { name: 'meter', scope: 'read', expiresInDays: 1 },
    'POST /api/device-logins': { host: 'pc', program: 'signalbox', scope: 'read' },
    'POST /api/device-logins/token': { deviceCode: 'made-up' },
    'POST /api/account/device-logins/find': { userCode: 'BCDF-GHJK' },
    'POST /api/account/device-logins/approve': { userCode: 'BCDF-GHJK', scope: 'read' },
    'POST /api/account/device-logins/deny': { userCode: 'BCDF-GHJK' },
    'POST /api/account/reauthentication': { password: 'made up by me' },
    'POST /api/account/password': { current: 'made up by me', next: 'a lamp in the window' },
    'POST /api/sign-in': { email: 'eve@example.org', password: 'made up by me' },
    'POST /api/sign-up': {
      email: 'eve@example.org',
      name: 'Eve',
      password: 'weak',
      invitation: 'made-up',
      setupCode: 'made-up',
    },
    'POST /api/bases/claim': { secret: 'made-up', publicKey: 'A'.repeat(43), version: '1.0.0' },
    'POST /api/channels/authorize': {
      socketId: 'made-up-socket',
      channel: `private-site.${owner.siteId}`,
    },
  };
  const { paths } = await hub.client().request(Description, { path: '/api/openapi.json' });
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => {
      const name = `${method.toUpperCase()} ${path}`;
      const filled = path.replace(/\{(\w+)\}/g, (_, id: string) => ids[id] ?? unitId);
      const query = path.endsWith('/history') ? '?property=temperature&from=0&to=9' : '';
      return { name, method: method.toUpperCase(), path: filled + query, body: bodies[name] };
    }),
  );
  return { site, routes };
}
