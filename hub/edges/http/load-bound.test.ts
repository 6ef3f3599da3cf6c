import { request } from 'node:http';
import { expect, it } from 'vitest';
import { finished, issue, sendCommand, startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { startTestHub } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';

const body = { verb: 'enqueue', affordance: 'brightness', input: 5 };

it('answers 503 and when to come again, instead of taking on more and more', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ clock, loadBounds: { requests: 2, bytes: 1e9 } });
  const { client } = site.owner;
  const before = await issue(site, body);
  const report = () => site.base.post(site.base.batch([finished(before.id)]));
  const hanging = [1, 2].map(async () => sendCommand(site, body, { prefer: 'wait=20' }));
  await until('both are under way', () => site.base.entries.length === 3);
  const refused = await client.call({ path: '/api/sites' });
  expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await report()).toMatchObject({ status: 503, body: { code: 'overloaded' } });
  expect((await client.call({ path: '/healthz' })).status).toBe(200);
  clock.advance(20_000);
  for (const answer of await Promise.all(hanging)) expect(answer.status).toBe(202);
  expect((await client.call({ path: '/api/sites' })).status).toBe(200);
  expect((await report()).status).toBe(200);
});

it('counts the bytes that requests bring along, too', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ clock, loadBounds: { requests: 1_000, bytes: 50 } });
  const hanging = sendCommand(site, body, { prefer: 'wait=20' });
  await site.base.nextEntry();
  expect(await site.owner.client.refused({ path: '/api/sites' })).toBe('overloaded');
  clock.advance(20_000);
  await hanging;
  expect((await site.owner.client.call({ path: '/api/sites' })).status).toBe(200);
});

it('waits for the end of a command no longer than its client is connected', async () => {
  const site = await startLampSite();
  const leaving = new AbortController();
  const requested = fetch(`${site.hub.addresses.http}/api/units/${site.unitId}/commands`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      cookie: site.owner.client.cookie ?? '',
      prefer: 'wait=20',
    },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  await until('it waits', () => site.hub.gauges()['services.waiters'] === 1);
  leaving.abort();
  await expect(requested).rejects.toThrow();
  await until('nothing waits', () => site.hub.gauges()['services.waiters'] === 0);
});

it('is not ready while it refuses everything, and not alive after a minute of that', async () => {
  const clock = new ManualClock(Date.now());
  const hub = await startTestHub({ clock, loadBounds: { requests: 0, bytes: 1 } });
  const client = hub.client();
  expect(await client.refused({ path: '/api/session' })).toBe('overloaded');
  expect(await client.refused({ path: '/readyz' })).toBe('overloaded');
  expect(await client.done({ path: '/healthz?anything' })).toBe(200);
  clock.advance(59_000);
  // Somebody sets the clock, which is no time that went by.
  clock.set(clock.nowMs() + 7_200_000);
  expect(await client.refused({ path: '/api/session' })).toBe('overloaded');
  expect(await client.done({ path: '/healthz' })).toBe(200);
  clock.advance(1_000);
  expect(await client.refused({ path: '/healthz' })).toBe('overloaded');
});

it('lets one address have no more than it leaves for others', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({
    clock,
    loadBounds: { requests: 4 },
    config: { sharedAddresses: [] },
  });
  const { client } = site.owner;
  const hanging = [1, 2].map(async () => sendCommand(site, body, { prefer: 'wait=20' }));
  await until('both are under way', () => site.base.entries.length === 2);
  expect(await client.refused({ path: '/api/sites' })).toBe('overloaded');
  expect(await statusFrom('127.0.0.2', `${site.hub.addresses.http}/api/session`)).toBe(200);
  expect(await client.done({ path: '/readyz' })).toBe(200);
  clock.advance(20_000);
  await Promise.all(hanging);
  expect((await client.call({ path: '/api/sites' })).status).toBe(200);
});

function statusFrom(localAddress: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(url, { localAddress, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject);
    call.end();
  });
}
