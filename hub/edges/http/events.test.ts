import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { Epoch, newId, UserId } from '#protocol/ids.ts';
import { addUnit, finished, issue, startLampSite } from '../../testing/lamp-site.ts';
import { signUpOther } from '../../testing/test-hub.ts';

it('returns what happened at a site and who did it, page by page, or why it cannot', async () => {
  const site = await startLampSite({ online: false });
  const { client, siteId, userId } = site.owner;
  const path = `/api/sites/${siteId}/events`;
  const page = (query: string) => client.request(SiteEventsPage, { path: `${path}?${query}` });
  const { rev, epoch } = await page('limit=1');
  await addUnit(site, '192.0.2.60');
  const command = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 40 });
  await site.base.send(finished(command.id, { output: 40 }));
  const later = await page(`after=${rev}&epoch=${epoch}`);
  expect(later).toMatchObject({ recovered: true, next: null, rev: rev + 4 });
  expect(later.events.map((event) => [event.rev - rev, event.type, event.actor.kind])).toEqual([
    [1, 'unit.added', 'person'],
    [2, 'command.issued', 'person'],
    [3, 'command.ended', 'base'],
    [4, 'property.changed', 'base'],
  ]);
  expect(later.events[0]?.actor).toEqual({ kind: 'person', id: userId, name: 'Ada' });
  const newest = await page('limit=2&type=command.ended,command.issued');
  expect(newest.events.map(({ type }) => type)).toEqual(['command.ended', 'command.issued']);
  const first = await page(`after=${rev}&limit=2`);
  expect([first.events.length, first.next]).toEqual([2, rev + 2]);
  expect((await page(`unit=${site.unitId}&after=${rev}`)).events).toHaveLength(3);
  expect((await page(`base=${site.base.id}&after=${rev}`)).events).toHaveLength(1);
  expect((await page(`actor=${userId}&after=${rev}`)).events).toHaveLength(2);
  // With the end of the command that they issued.
  expect((await page(`person=${userId}&after=${rev}`)).events).toHaveLength(3);
  expect((await page(`person=${newId(UserId)}`)).events).toEqual([]);
  expect((await page(`outcome=succeeded&after=${rev}`)).events).toHaveLength(1);
  const [ended] = (await page('type=command.ended')).events;
  expect(ended).toMatchObject({
    actor: { kind: 'base', name: 'Attic' },
    data: { issuedBy: { kind: 'person', name: 'Ada' } },
  });
  const older = await page(`before=${rev + 1}&epoch=${newId(Epoch)}`);
  expect(older).toMatchObject({ recovered: false, reason: 'epoch', next: null });
  const lost = await page(`after=${rev}&epoch=${newId(Epoch)}`);
  expect(lost).toMatchObject({ recovered: false, reason: 'epoch', events: [] });
  expect(await page(`after=${rev + 99}`)).toMatchObject({ recovered: false, reason: 'epoch' });
  const otherUser = await signUpOther(site.hub, site.owner);
  expect(await otherUser.refused({ path })).toBe('site_unknown');
  expect(await site.hub.client().refused({ path })).toBe('unauthenticated');
});

it('names the owner of a token in its events, and not to expired tokens', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ online: false, clock });
  const { client, siteId, userId } = site.owner;
  const path = `/api/sites/${siteId}/events?limit=1`;
  const tokenOf = (body: object) =>
    client.request(TokenCreated, {
      path: '/api/account/tokens',
      body: { scope: 'control', ...body },
    });
  const script = await tokenOf({ name: 'script' });
  const short = await tokenOf({ name: 'short', expiresInDays: 1 });
  const elsewhere = await client.request(SiteView, { path: '/api/sites', body: { name: 'Barn' } });
  const other = await tokenOf({ name: 'barn', siteIds: [elsewhere.id] });
  const clientOf = ({ secret }: { secret: string }) => site.hub.client({ bearer: secret });
  const ordered = { verb: 'enqueue', affordance: 'brightness', input: 40 };
  await clientOf(script).done({ path: `/api/units/${site.unitId}/commands`, body: ordered });
  const page = await clientOf(script).request(SiteEventsPage, { path: `${path}&person=${userId}` });
  expect(page.events[0]?.actor).toEqual({
    ...{ kind: 'token', id: script.token.id, name: 'script' },
    owner: { id: userId, name: 'Ada' },
  });
  expect(await clientOf(other).refused({ path })).toBe('site_unknown');
  await client.done({ method: 'DELETE', path: `/api/account/tokens/${script.token.id}` });
  expect(await clientOf(script).refused({ path })).toBe('token_invalid');
  clock.suspend(2 * 86_400_000);
  expect(await clientOf(short).refused({ path })).toBe('token_invalid');
  clock.suspend(40 * 86_400_000);
  expect(await client.refused({ path })).toBe('session_expired');
});
