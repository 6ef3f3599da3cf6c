import { expect, it, onTestFinished } from 'vitest';
import { connectHub } from '#client/hub.ts';
import { until } from '#platform/testing/until.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { startLampSite } from '../../hub/testing/lamp-site.ts';
import { CutFetch } from './cut-fetch.ts';
import { follow } from './followed-news.ts';

it('follows readings over a cut behind the snapshot, each of them once', async () => {
  const site = await startLampSite();
  const { secret: token } = await site.owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'meter', scope: 'read' },
  });
  const line = new CutFetch();
  const hub = connectHub({ url: site.hub.addresses.http, token, fetch: line.fetch });
  let seq = 0;
  const measure = async (count: number) => {
    const readings = Array.from({ length: count }, () => {
      seq += 1;
      const atMs = 1_700_000_000_000 + seq;
      const times = { measuredAtMs: atMs, receivedAtMs: atMs, clock: 'synced' as const };
      return { property: 'brightness', value: seq % 100, ...times, seq };
    });
    const data = { unitId: site.unitId, bootId: '0000002a', readings };
    await site.base.send({ type: 'readings.recorded', data });
  };
  const { cursor } = await hub.snapshot(site.owner.siteId);
  await measure(1);
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const after = { epoch: cursor.epoch, position: cursor.readings };
  const what = { after, property: 'brightness', signal: leaving.signal };
  const stream = follow(hub.readings(site.owner.siteId, what));
  const seqs = () =>
    stream.news.flatMap((one) =>
      one.type === 'readings' ? one.readings.map((reading) => reading.seq) : [],
    );
  await until('the first', () => seqs().length === 1);
  line.cut();
  await until('it is cut', () => stream.types().includes('waiting'));
  for (let batch = 0; batch < 12; batch += 1) await measure(500);
  line.mend();
  await measure(1);
  await until('all of them', () => seqs().length >= seq);
  expect(seqs()).toEqual(Array.from({ length: 6_002 }, (_, index) => index + 1));
  expect(stream.types()).not.toContain('gap');
  const page = await hub.readingsPage(site.owner.siteId, { after: after.position, limit: 1 });
  expect(page.batches.map(({ readings }) => readings.length)).toEqual([1]);
});
