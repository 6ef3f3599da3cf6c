import { expect, it, onTestFinished } from 'vitest';
import { SITE_EVENT_TYPES, SiteEvent } from '#protocol/events/site-event.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { WebhookView } from '#protocol/http/webhooks.ts';
import { until } from '#platform/testing/until.ts';
import { SessionView } from '#protocol/http/accounts.ts';
import { registerDevice } from '../../testing/device-site.ts';
import { addUnit, finished, issue } from '../../testing/lamp-site.ts';
import { startRollout, startRolloutSite } from '../../testing/rollout-site.ts';
import { addWebhook, startReceiver } from '../../testing/webhook-site.ts';
import { signUpRequest } from '../../testing/sign-up-request.ts';
import { invite } from '../../testing/test-hub.ts';
import { openTestDatabase } from '../../testing/test-store.ts';

it('stores an event of each type once it has happened, and reads every one of them again', async () => {
  const site = await startRolloutSite(1, { config: { webhookNetworks: ['loopback'] } });
  const { client, siteId } = site.owner;
  const path = `/api/sites/${siteId}`;
  const done = (method: string, to: string, body?: unknown) =>
    client.done({ method, path: to, ...(body === undefined ? {} : { body }) });
  await done('PATCH', path, { name: 'Cottage' });
  await done('PUT', `${path}/retention`, { rawDays: 60, minuteDays: null, hourDays: null });
  await done('POST', `${path}/claim-codes`, { baseName: 'Cellar' });
  const member = site.hub.client();
  const guest = await invite(site.owner, 'guest');
  const { user } = await member.request(SessionView, signUpRequest({ invitation: guest }));
  const code = await invite(site.owner, 'member');
  await member.done({ path: '/api/invitations/accept', body: { code } });
  await done('DELETE', `${path}/members/${user?.id ?? ''}`);
  await done('PUT', `${path}/firmware-keys`, { keys: [] });
  const command = await issue(site, { verb: 'set', affordance: 'brightness', input: 7 });
  const measured = { bootId: '0000002a', seq: 1, measuredAtMs: 1_000, receivedAtMs: 1_001 };
  const gap = { fromMs: 1_000, toMs: 2_000, count: 3, reason: 'outbox_full' } as const;
  await site.base.send(
    finished(command.id, { output: 7 }),
    { type: 'unit.event', data: { unitId: site.unitId, event: 'pressed', ...measured } },
    { type: 'readings.dropped', data: { unitId: site.unitId, ...gap } },
  );
  const rollout = await startRollout(site);
  await done('POST', `/api/rollouts/${rollout.id}/abort`);
  await done('DELETE', `/api/firmware/${site.firmware.id}`);
  const other = await addUnit(site, '192.0.2.60');
  await done('PATCH', `/api/units/${other.id}`, { place: 'Study' });
  await done('DELETE', `/api/units/${other.id}`);
  await done('PATCH', `/api/bases/${site.base.id}`, { name: 'Attic' });
  await done('DELETE', `/api/bases/${site.base.id}`);
  const { device } = await registerDevice(site.owner);
  await done('PATCH', `/api/devices/${device.id}`, { name: 'Pump' });
  await done('POST', `/api/devices/${device.id}/credentials`, {
    credential: { kind: 'password' },
    revokeOthers: true,
  });
  await done('DELETE', `/api/devices/${device.id}`);
  const gone = await startReceiver();
  gone.answer = () => ({ status: 410 });
  const webhook = await addWebhook(site.owner, { url: gone.url, events: ['site.*'] });
  await done('PATCH', `/api/webhooks/${webhook.id}`, { name: 'Post' });
  await done('POST', `/api/webhooks/${webhook.id}/test`);
  await until('it is disabled', async () => {
    const { state } = await client.request(WebhookView, { path: `/api/webhooks/${webhook.id}` });
    return state === 'disabled';
  });
  await done('DELETE', `/api/webhooks/${webhook.id}`);
  const made = await client.done({ path: '/api/sites', body: { name: 'Barn' } });
  expect(made).toBe(201);

  const page = await client.request(SiteEventsPage, { path: `${path}/events?after=0&limit=200` });
  for (const event of page.events) expect(SiteEvent.parse(event)).toEqual(event);
  // None is left out because it could not be read.
  expect(page.events.map(({ rev }) => rev)).toEqual(page.events.map((_, index) => index + 1));
  expect(page.rev).toBe(page.events.length);
  const db = await openTestDatabase(site.hub.dataFolder);
  onTestFinished(() => db.destroy());
  const rows = await db.selectFrom('site_events').select('type').distinct().execute();
  const stored = new Set(rows.map(({ type }) => type));
  expect(SITE_EVENT_TYPES.filter((type) => !stored.has(type))).toEqual([]);
});
