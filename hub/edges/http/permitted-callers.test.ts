import { describe, expect, it } from 'vitest';
import {
  type Permission,
  roleMay,
  scopeMay,
  type SitePermission,
} from '#protocol/access/permissions.ts';
import type { PersonalScope, Role } from '#protocol/access/roles.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { Problem } from '#protocol/http/problem.ts';
import { everyRoute, type Route } from '../../testing/every-route.ts';
import type { HubClient } from '../../testing/hub-client.ts';
import { addMember, type RolloutSite } from '../../testing/rollout-site.ts';

/** What each route needs, as an auditor would want to read it. */
const NEEDS: Readonly<Record<string, Permission | 'nothing' | 'base' | 'own channel'>> = {
  'GET /healthz': 'nothing',
  'GET /readyz': 'nothing',
  'GET /api/ca': 'nothing',
  'GET /api/ca.pem': 'nothing',
  'GET /api/session': 'nothing',
  'POST /api/sign-up': 'nothing',
  'POST /api/sign-in': 'nothing',
  'POST /api/bases/claim': 'nothing',
  'POST /api/device-logins': 'nothing',
  'POST /api/device-logins/token': 'nothing',
  // Their callers show a secret in the body.
  'GET /libpyiotcloud/': 'nothing',
  'POST /libpyiotcloud/signup': 'nothing',
  'POST /libpyiotcloud/login': 'nothing',
  'POST /libpyiotcloud/register_device': 'nothing',
  'POST /libpyiotcloud/unregister_device': 'nothing',
  'POST /libpyiotcloud/reset_device': 'nothing',
  'POST /libpyiotcloud/set_gpio': 'nothing',
  'POST /libpyiotcloud/set_rtc': 'nothing',
  'POST /libpyiotcloud/set_status': 'nothing',
  'POST /libpyiotcloud/set_mac': 'nothing',
  'POST /libpyiotcloud/write_uart': 'nothing',
  'GET /libpyiotcloud/get_device_list': 'nothing',
  'GET /libpyiotcloud/get_gpio': 'nothing',
  'GET /libpyiotcloud/get_rtc': 'nothing',
  'GET /libpyiotcloud/get_status': 'nothing',
  'GET /libpyiotcloud/get_mac': 'nothing',
  'GET /libpyiotcloud/get_ip': 'nothing',
  'GET /libpyiotcloud/get_subnet': 'nothing',
  'GET /libpyiotcloud/get_gateway': 'nothing',
  'POST /api/webhooks/bases/{baseId}': 'base',
  'GET /api/firmware/{firmwareId}/image': 'base',
  'POST /api/channels/authorize': 'own channel',
  'GET /api/metrics/clock': 'metrics.read',
  'GET /api/metrics/consumers': 'metrics.read',
  'GET /api/account/token': 'token.own',
  'DELETE /api/account/token': 'token.own',
  'POST /api/sign-out': 'account.manage',
  'POST /api/account/password': 'account.manage',
  'POST /api/account/reauthentication': 'account.manage',
  'GET /api/account/libpyiotcloud': 'account.manage',
  'PUT /api/account/libpyiotcloud': 'account.manage',
  'GET /api/account/events': 'account.manage',
  'GET /api/account/sessions': 'account.manage',
  'DELETE /api/account/sessions/{sessionId}': 'account.manage',
  'GET /api/account/tokens': 'account.manage',
  'POST /api/account/tokens': 'account.manage',
  'DELETE /api/account/tokens/{tokenId}': 'account.manage',
  'POST /api/account/device-logins/find': 'account.manage',
  'POST /api/account/device-logins/approve': 'account.manage',
  'POST /api/account/device-logins/deny': 'account.manage',
  'POST /api/invitations/accept': 'account.manage',
  'GET /api/sites': 'site.list',
  'POST /api/sites': 'site.create',
  'GET /api/sites/{siteId}': 'site.read',
  'PATCH /api/sites/{siteId}': 'site.rename',
  'GET /api/sites/{siteId}/snapshot': 'site.read',
  'GET /api/sites/{siteId}/events': 'site.read',
  'GET /api/sites/{siteId}/readings': 'site.read',
  'GET /api/sites/{siteId}/retention': 'site.read',
  'PUT /api/sites/{siteId}/retention': 'site.set_retention',
  'PUT /api/sites/{siteId}/layout': 'layout.arrange',
  'GET /api/sites/{siteId}/members': 'member.list',
  // Of somebody else.
  'DELETE /api/sites/{siteId}/members/{userId}': 'member.manage',
  'POST /api/sites/{siteId}/invitations': 'member.manage',
  'POST /api/sites/{siteId}/claim-codes': 'base.manage',
  'GET /api/claim-codes/{claimId}': 'site.read',
  'GET /api/bases/{baseId}': 'site.read',
  'PATCH /api/bases/{baseId}': 'base.rename',
  'DELETE /api/bases/{baseId}': 'base.manage',
  'POST /api/bases/{baseId}/discovery': 'base.discover',
  'POST /api/bases/{baseId}/probe': 'base.discover',
  'GET /api/sites/{siteId}/devices': 'site.read',
  'POST /api/sites/{siteId}/devices': 'device.manage',
  'GET /api/devices/{deviceId}': 'site.read',
  'PATCH /api/devices/{deviceId}': 'device.manage',
  'DELETE /api/devices/{deviceId}': 'device.manage',
  'GET /api/devices/{deviceId}/offers': 'site.read',
  'POST /api/devices/{deviceId}/accept': 'unit.manage',
  'POST /api/devices/{deviceId}/credentials': 'device.manage',
  'DELETE /api/devices/{deviceId}/credentials/{credentialId}': 'device.manage',
  'POST /api/sites/{siteId}/units': 'unit.place',
  'GET /api/units/{unitId}': 'site.read',
  'PATCH /api/units/{unitId}': 'unit.manage',
  'DELETE /api/units/{unitId}': 'unit.manage',
  'GET /api/sites/{siteId}/topics': 'site.read',
  'POST /api/sites/{siteId}/topics/publish': 'unit.control',
  'GET /api/units/{unitId}/mapping': 'site.read',
  'PUT /api/units/{unitId}/mapping': 'unit.manage',
  'GET /api/units/{unitId}/history': 'site.read',
  'POST /api/units/{unitId}/commands': 'unit.control',
  'GET /api/units/{unitId}/commands': 'site.read',
  'GET /api/commands/{commandId}/trace': 'site.read',
  'POST /api/commands/{commandId}/cancel': 'unit.control',
  'GET /api/sites/{siteId}/webhooks': 'webhook.manage',
  'POST /api/sites/{siteId}/webhooks': 'webhook.manage',
  'GET /api/webhooks/{webhookId}': 'webhook.manage',
  'PATCH /api/webhooks/{webhookId}': 'webhook.manage',
  'DELETE /api/webhooks/{webhookId}': 'webhook.manage',
  'POST /api/webhooks/{webhookId}/rotate': 'webhook.manage',
  'POST /api/webhooks/{webhookId}/test': 'webhook.manage',
  'GET /api/webhooks/{webhookId}/deliveries': 'webhook.manage',
  'POST /api/webhooks/{webhookId}/replay': 'webhook.manage',
  'GET /api/webhook-deliveries/{deliveryId}': 'webhook.manage',
  'POST /api/webhook-deliveries/{deliveryId}/resend': 'webhook.manage',
  'POST /api/webhook-deliveries/{deliveryId}/cancel': 'webhook.manage',
  'POST /api/sites/{siteId}/firmware': 'firmware.manage',
  'GET /api/sites/{siteId}/firmware': 'site.read',
  'DELETE /api/firmware/{firmwareId}': 'firmware.manage',
  'GET /api/sites/{siteId}/firmware-keys': 'site.read',
  'PUT /api/sites/{siteId}/firmware-keys': 'firmware.trust',
  'POST /api/sites/{siteId}/rollouts': 'rollout.manage',
  'GET /api/sites/{siteId}/rollouts': 'site.read',
  'GET /api/rollouts/{rolloutId}': 'site.read',
  'POST /api/rollouts/{rolloutId}/pause': 'rollout.manage',
  'POST /api/rollouts/{rolloutId}/resume': 'rollout.manage',
  'POST /api/rollouts/{rolloutId}/abort': 'rollout.manage',
};

/** By the role, and with a token also by its scope. */
function isPermitted({ role, scope }: Caller, need: Permission): boolean {
  return scopeMay(scope, need) && (!isAboutSite(need) || roleMay(role, need));
}

function isAboutSite(permission: Permission): permission is SitePermission {
  return !/^(site\.(create|list)|metrics\.read|token\.own|account\.manage)$/.test(permission);
}

interface Caller {
  readonly role: Role;
  /** None: in a browser. */
  readonly scope?: PersonalScope;
}

/** A person of each role, tokens of an owner, and tokens of more scope than role. */
const CALLERS: readonly Caller[] = [
  { role: 'owner' },
  { role: 'manager' },
  { role: 'member' },
  { role: 'guest' },
  { role: 'owner', scope: 'read' },
  { role: 'owner', scope: 'control' },
  { role: 'owner', scope: 'manage' },
  { role: 'owner', scope: 'metrics' },
  { role: 'member', scope: 'manage' },
  { role: 'guest', scope: 'manage' },
];

async function clientOf({ role, scope }: Caller, site: RolloutSite): Promise<HubClient> {
  // Another owner, so that one remains whatever is done.
  const person = await addMember(site.hub, site.owner, role);
  if (scope === undefined) return person;
  const { secret } = await person.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'tried', scope },
  });
  return site.hub.client({ bearer: secret });
}

/** What ends something that later calls need comes last. */
const LAST = [
  'DELETE /api/devices/{deviceId}/credentials/{credentialId}',
  'DELETE /api/webhooks/{webhookId}',
  'DELETE /api/devices/{deviceId}',
  'DELETE /api/units/{unitId}',
  'DELETE /api/bases/{baseId}',
  'POST /api/sign-out',
  'DELETE /api/account/token',
];

function inOrder(routes: readonly Route[]): Route[] {
  return [...routes].sort((a, b) => LAST.indexOf(a.name) - LAST.indexOf(b.name));
}

async function codeOf(client: HubClient, { method, path, body, name }: Route): Promise<string> {
  const isUpload = name === 'POST /api/sites/{siteId}/firmware';
  const { status, body: answer } = await client.call({
    method,
    path,
    ...(isUpload ? { raw: 'x', headers: { 'content-type': 'application/octet-stream' } } : {}),
    ...(body === undefined ? {} : { body }),
  });
  if (status < 400) return 'done';
  return Problem.parse(answer).code;
}

describe('every route', () => {
  it.each(CALLERS)(
    'does for $role (scope $scope) what the table of permissions says',
    async (caller) => {
      const { site, routes } = await everyRoute({ online: false });
      expect(routes.map(({ name }) => name).toSorted()).toEqual(Object.keys(NEEDS).toSorted());
      const client = await clientOf(caller, site);
      const wrong: string[] = [];
      for (const route of inOrder(routes)) {
        const need = NEEDS[route.name];
        if (need === undefined || need === 'nothing' || need === 'base') continue;
        // A browser has no token of its own.
        if (need === 'token.own' && caller.scope === undefined) continue;
        const code = await codeOf(client, route);
        if (need === 'own channel') continue;
        const mayDoIt = isPermitted(caller, need);
        const isRefused = code === 'forbidden';
        const isSeen = !/_unknown$|^unauthenticated$|^token_invalid$/.test(code);
        if (mayDoIt === isRefused || (mayDoIt && !isSeen)) wrong.push(`${route.name}: ${code}`);
      }
      expect(wrong).toEqual([]);
    },
  );
});
