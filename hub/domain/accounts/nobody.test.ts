import { expect, it } from 'vitest';
import { SiteId, newId } from '#protocol/ids.ts';
import { HubClient } from '../../testing/hub-client.ts';
import { startTestHub } from '../../testing/test-hub.ts';

it('refuses unauthenticated callers', async () => {
  const hub = await startTestHub();
  const id = newId(SiteId);
  const nobody = new HubClient(hub.addresses.http);
  for (const [method, path] of [
    ['GET', '/api/sites'],
    ['POST', '/api/sites'],
    ['GET', `/api/sites/${id}`],
    ['PATCH', `/api/sites/${id}`],
    ['GET', `/api/sites/${id}/snapshot`],
    ['PUT', `/api/sites/${id}/layout`],
    ['GET', `/api/sites/${id}/members`],
    ['DELETE', `/api/sites/${id}/members/${id}`],
    ['POST', `/api/sites/${id}/invitations`],
    ['POST', '/api/invitations/accept'],
    ['POST', `/api/sites/${id}/claim-codes`],
    ['GET', `/api/claim-codes/${id}`],
    ['GET', `/api/bases/${id}`],
    ['PATCH', `/api/bases/${id}`],
    ['DELETE', `/api/bases/${id}`],
    ['POST', `/api/sites/${id}/units`],
    ['GET', `/api/units/${id}`],
    ['PATCH', `/api/units/${id}`],
    ['DELETE', `/api/units/${id}`],
    ['GET', `/api/units/${id}/history`],
    ['POST', `/api/units/${id}/commands`],
    ['GET', `/api/units/${id}/commands`],
    ['GET', `/api/commands/${id}/trace`],
    ['POST', `/api/commands/${id}/cancel`],
    ['POST', '/api/channels/authorize'],
    ['POST', '/api/sign-out'],
    ['POST', '/api/account/password'],
    ['POST', '/api/account/reauthentication'],
    ['GET', '/api/account/events'],
    ['GET', '/api/account/sessions'],
    ['DELETE', `/api/account/sessions/${id}`],
    ['GET', '/api/account/tokens'],
    ['POST', '/api/account/tokens'],
    ['DELETE', `/api/account/tokens/${id}`],
    ['GET', '/api/account/token'],
    ['DELETE', '/api/account/token'],
    ['POST', '/api/account/device-logins/find'],
    ['POST', '/api/account/device-logins/approve'],
    ['POST', '/api/account/device-logins/deny'],
  ] as const) {
    expect(await nobody.refused({ method, path }), `${method} ${path}`).toBe('unauthenticated');
  }
});
