import { expect, it } from 'vitest';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { addUnit, finished, issue, startLampSite } from '../../testing/lamp-site.ts';
import { signUpStranger } from '../../testing/test-hub.ts';

it('tells what happened at a site, who did it, page by page, and why it cannot', async () => {
  const site = await startLampSite({ online: false });
  const { client, siteId, userId } = site.owner;
  const path = `/api/sites/${siteId}/events`;
  const page = (query: string) => client.ask(SiteEventsPage, { path: `${path}?${query}` });
  const { rev, epoch } = await page('limit=1');
  await addUnit(site, '192.0.2.60');
  const command = await issue(site, { verb: 'enqueue', affordance: 'brightness', input: 40 });
  await site.base.tell(finished(command.id, { output: 40 }));
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
  expect((await page(`actor=${userId}&after=${rev}`)).events).toHaveLength(2);
  const lost = await page(`after=${rev}&epoch=${newId(Epoch)}`);
  expect(lost).toMatchObject({ recovered: false, reason: 'epoch', events: [] });
  expect(await page(`after=${rev + 99}`)).toMatchObject({ recovered: false, reason: 'epoch' });
  const stranger = await signUpStranger(site.hub, site.owner);
  expect(await stranger.refused({ path })).toBe('site_unknown');
  expect(await site.hub.client().refused({ path })).toBe('unauthenticated');
});
