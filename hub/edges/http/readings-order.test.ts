import { expect, it, onTestFinished } from 'vitest';
import { until } from '#platform/testing/until.ts';
import { SiteReadingsPage } from '#protocol/http/readings.ts';
import { Epoch, newId } from '#protocol/ids.ts';
import { type LampSite, startLampSite } from '../../testing/lamp-site.ts';
import { snapshotOf } from '../../testing/test-hub.ts';

/** The lamp measures its brightness so many times in one report. */
async function measure(site: LampSite, fromSeq: number, count = 1) {
  const readings = Array.from({ length: count }, (_, index) => {
    const atMs = 1_700_000_000_000 + fromSeq + index;
    const times = { measuredAtMs: atMs, receivedAtMs: atMs, clock: 'synced' as const };
    return {
      property: 'brightness',
      value: (fromSeq + index) % 100,
      ...times,
      seq: fromSeq + index,
    };
  });
  const data = { unitId: site.unitId, bootId: '0000002a', readings };
  await site.base.send({ type: 'readings.recorded', data });
}

const pathOf = (site: LampSite) => `/api/sites/${site.owner.siteId}/readings`;

async function pageOf(site: LampSite, query: string) {
  return await site.owner.client.request(SiteReadingsPage, { path: `${pathOf(site)}?${query}` });
}

const seqsOf = ({ batches }: SiteReadingsPage) =>
  batches.flatMap(({ readings }) => readings.map(({ seq }) => seq));

it('answers readings behind the position of a snapshot, page by page, in their order', async () => {
  const site = await startLampSite();
  await measure(site, 1);
  const { cursor } = await snapshotOf(site.owner);
  await measure(site, 100, 3);
  await measure(site, 2, 2);
  await measure(site, 200);
  const first = await pageOf(site, `after=${cursor.readings}&epoch=${cursor.epoch}&limit=4`);
  expect(seqsOf(first)).toEqual([100, 101, 102, 2, 3]);
  expect(first).toMatchObject({ recovered: true, position: cursor.readings + 3 });
  expect(first.batches).toMatchObject([
    {
      position: cursor.readings + 1,
      unitId: site.unitId,
      bootId: '0000002a',
      readings: [{ property: 'brightness', value: 0, clock: 'synced' }, {}, {}],
    },
    { position: cursor.readings + 2 },
  ]);
  expect(first.next).toBe(cursor.readings + 2);
  const second = await pageOf(site, `after=${first.next}&epoch=${cursor.epoch}`);
  expect([seqsOf(second), second.next]).toEqual([[200], null]);
  const others = await pageOf(site, `after=0&property=on`);
  expect([others.batches, others.recovered]).toEqual([[], true]);
});

it('says why it cannot resume', async () => {
  const site = await startLampSite();
  await measure(site, 1);
  const now = await pageOf(site, '');
  expect(now).toMatchObject({ batches: [], recovered: true, next: null });
  expect(await pageOf(site, `after=0&epoch=${newId(Epoch)}`)).toMatchObject({
    ...{ recovered: false, reason: 'epoch', next: now.position },
  });
  expect(await pageOf(site, `after=${now.position + 1}`)).toMatchObject({ reason: 'epoch' });
});

it('streams readings as they are stored, and resumes in the middle of what was stored at once', async () => {
  const site = await startLampSite();
  await measure(site, 1);
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const { epoch, position } = await pageOf(site, '');
  const follow = async (lastId: string) => {
    const answer = await fetch(site.hub.addresses.http + pathOf(site), {
      headers: {
        ...{ accept: 'text/event-stream', 'last-event-id': lastId },
        cookie: site.owner.client.cookie ?? '',
      },
      signal: leaving.signal,
    });
    const read = { text: '' };
    const decoder = new TextDecoder();
    void (async () => {
      for await (const chunk of answer.body ?? []) read.text += decoder.decode(chunk);
    })().catch(() => undefined);
    return read;
  };
  const seqsIn = (text: string) => [...text.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
  const live = await follow(`${epoch}/${position}`);
  await until('it is open', () => live.text.includes('event: opened'));
  await measure(site, 10, 500);
  await measure(site, 510, 100);
  await until('all of them', () => seqsIn(live.text).length === 600);
  expect(seqsIn(live.text)).toEqual(Array.from({ length: 600 }, (_, index) => 10 + index));
  const ids = [...live.text.matchAll(/id: .*\/(\d+)\nevent: readings/g)].map(([, id]) =>
    Number(id),
  );
  expect(ids).toEqual([position + 1, position + 2]);
  const again = await follow(`${epoch}/${position + 1}`);
  await until('the rest', () => seqsIn(again.text).length === 100);
});
