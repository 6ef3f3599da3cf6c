import { expect, it } from 'vitest';
import { SiteView } from '#protocol/http/accounts.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { addUnit, type LampSite, startLampSite } from '../../testing/lamp-site.ts';

/** Not positions, or none that the hub ever gave. */
const NO_QUERY = [
  ...['after=-1', 'after=1.5', 'after=1e400', 'after=NaN', 'after=0x', 'after=1&after=2'],
  ...['after=9007199254740993', 'before=0', 'before=-1', 'before=1e999', 'limit=0', 'limit=201'],
  ...['epoch=', 'epoch=../..', "epoch='%20or%201=1", 'unit=%00', 'type=', 'type=unit.exploded'],
  ...['type=unit.added,,', 'outcome=maybe', `actor=${'x'.repeat(81)}`, 'cursor=1'],
];
const NO_ID = [
  'x',
  '/',
  '/1',
  'a/-1',
  'a/1e3',
  'a/1/2',
  `a/${'9'.repeat(16)}`,
  `${'a'.repeat(81)}/1`,
];

/** The status of a stream that is requested, and its first message. */
async function streamFrom(site: LampSite, id: string): Promise<string> {
  const leaving = new AbortController();
  const response = await fetch(`${site.hub.addresses.http}/api/sites/${site.owner.siteId}/events`, {
    headers: {
      accept: 'text/event-stream',
      cookie: site.owner.client.cookie ?? '',
      'last-event-id': id,
    },
    signal: leaving.signal,
  });
  const first = await response.body?.getReader().read();
  leaving.abort();
  const [, event = ''] = /^event: (.*)$/m.exec(new TextDecoder().decode(first?.value)) ?? [];
  return `${response.status} ${event}`.trim();
}

it('refuses what is no position, and says of a forged one that it is none of this site', async () => {
  const site = await startLampSite({ online: false });
  const { client, siteId } = site.owner;
  const path = `/api/sites/${siteId}/events`;
  for (const query of NO_QUERY) {
    expect([query, await client.refused({ path: `${path}?${query}` })]).toEqual([
      query,
      'bad_request',
    ]);
  }
  for (const id of NO_ID) expect([id, await streamFrom(site, id)]).toEqual([id, '400']);

  const barn = await client.request(SiteView, { path: '/api/sites', body: { name: 'Barn' } });
  const page = async (of: string, query: string) =>
    await client.request(SiteEventsPage, { path: `/api/sites/${of}/events?${query}` });
  const own = await page(siteId, 'limit=1');
  const other = await page(barn.id, 'limit=1');
  await addUnit(site, '192.0.2.60');
  for (const { epoch, rev } of [
    { epoch: other.epoch, rev: other.rev },
    { epoch: newId(Epoch), rev: 1 },
    { epoch: own.epoch, rev: 999_999_999_999_999 },
  ]) {
    expect(await page(siteId, `after=${rev}&epoch=${epoch}`)).toMatchObject({
      recovered: false,
      reason: 'epoch',
      events: [],
    });
    expect(await streamFrom(site, `${epoch}/${rev}`)).toBe('200 not-recovered');
  }
  expect(await streamFrom(site, `${own.epoch}/${own.rev}`)).toBe('200 opened');
  // What is of another site is not found by naming it.
  expect((await page(barn.id, `unit=${site.unitId}&after=0`)).events).toEqual([]);
  expect((await page(barn.id, `base=${site.base.id}&after=0`)).events).toEqual([]);
  // Beyond the newest there is the newest.
  expect((await page(siteId, 'before=9007199254740991&limit=1')).events).toHaveLength(1);
});
