import { expect, it } from 'vitest';
import { until } from '#platform/testing/until.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { ConsumersLag } from '#protocol/http/metrics.ts';
import { signUpOwner, startTestHub } from '../../../testing/test-hub.ts';

const path = '/api/metrics/consumers';

it('says how far each consumer of events is behind, to who may read metrics', async () => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const hub = await startTestHub({
    consumers: [
      { name: 'stuck', wants: () => true, handle: () => released },
      { name: 'quick', wants: () => true, handle: () => Promise.resolve() },
      { name: 'idle', wants: () => false, handle: () => Promise.resolve() },
    ],
  });
  const owner = await signUpOwner(hub);
  const { secret } = await owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'prometheus', scope: 'metrics' },
  });
  const scraper = hub.client({ bearer: secret });
  const lagOf = async (name: string) =>
    (await scraper.request(ConsumersLag, { path })).consumers.find((one) => one.name === name);
  await owner.client.done({
    method: 'PATCH',
    path: `/api/sites/${owner.siteId}`,
    body: { name: 'Mine' },
  });
  await until('the quick one is through', async () => (await lagOf('quick'))?.events === 0);
  expect((await lagOf('stuck'))?.events).toBeGreaterThan(0);
  expect(await lagOf('idle')).toEqual({ name: 'idle', events: 0, seconds: 0 });
  await until('time has passed', async () => ((await lagOf('stuck'))?.seconds ?? 0) > 0);
  release();
  await until('the stuck one is through', async () => (await lagOf('stuck'))?.events === 0);
});

it('reveals nothing without a token, nor with one for another scope', async () => {
  const hub = await startTestHub();
  const owner = await signUpOwner(hub);
  const { secret } = await owner.client.request(TokenCreated, {
    path: '/api/account/tokens',
    body: { name: 'reader', scope: 'read' },
  });
  expect(await hub.client().refused({ path })).toBe('unauthenticated');
  expect(await hub.client({ bearer: secret }).refused({ path })).toBe('forbidden');
});
