import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { daylight } from '../../dashboard/testing/fake-site.ts';
import { LAMP_THING, LIGHT_SENSOR_THING } from '../../dashboard/testing/fake-things.ts';
import { BaseId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { atTestEnd } from '../harness/cleanup.ts';
import { RawBase, type RawEvent } from '../harness/raw-base.ts';
import { startSystem, type System } from '../harness/system.ts';
import { openPage } from './browser.ts';
import { canOpenDashboard } from './fake-dashboard.ts';

const UNITS = 61;
const MAX_BYTES = 200_000;
/** A phone of some years ago on a slow line. */
const SLOW_LINE = { latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };
const SLOWDOWN = 4;
/** The promise, on a machine that has nothing else to do: else the time is printed only. */
const MAX_MS = process.env.SIGNALBOX_LONG === '1' ? 4_000 : Infinity;

describe.skipIf(!canOpenDashboard)('the first view (needs chromium and npm run build)', () => {
  it('is at most 200 kB for 61 units, and soon of use on a slow phone', async () => {
    const system = await startSystem({
      units: [],
      implementation: 'virtual',
      cleanup: atTestEnd,
    });
    await furnish(system);
    const { page, complaints } = await openPage(atTestEnd, { ignoreHTTPSErrors: true });
    // As from anywhere but the hub's own machine: only over TLS do browsers take Brotli.
    const { url } = system.hub;
    page.setDefaultTimeout(60_000);
    const [name = '', value = ''] = system.api.cookie.split('=');
    await page.context().addCookies([{ name, value, url }]);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, ...SLOW_LINE });
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    const received = new Map<string, number>();
    const urls = new Map<string, string>();
    devtools.on('Network.responseReceived', ({ requestId, response }) => {
      urls.set(requestId, new URL(response.url).pathname);
    });
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      received.set(requestId, encodedDataLength);
    });
    const startMs = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await isOfUse(page);
    const tookMs = performance.now() - startMs;
    await page.waitForLoadState('networkidle');
    const bytes = [...received.values()].reduce((sum, size) => sum + size, 0);
    const largest = [...received]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 4)
      .map(([id, size]) => `${urls.get(id) ?? ''} ${Math.round(size / 1_000)} kB`);
    console.log(
      `first view: ${Math.round(bytes / 1_000)} kB, of use after ${Math.round(tookMs)} ms; ${largest.join(', ')}`,
    );
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(tookMs).toBeLessThan(MAX_MS);
    expect(complaints).toEqual([]);
  });
});

/** A control can be used and a value read. */
async function isOfUse(page: Page): Promise<void> {
  await page.getByRole('article', { name: 'Lamp 1', exact: true }).getByRole('switch').waitFor();
  await page.getByTestId('value-illuminance').first().waitFor();
}

/** Units as a base would have told of them, with a day of readings. */
async function furnish(system: System): Promise<void> {
  const base = await RawBase.claim(system.api, await system.claimCode('Cellar'));
  const events: RawEvent[] = [];
  const add = (type: string, data: unknown) => events.push({ seq: events.length + 1, type, data });
  for (let index = 0; index < UNITS; index += 1) {
    const isLamp = index % 2 === 1;
    const { id } = await system.addUnit(
      BaseId.parse(base.id),
      `${isLamp ? 'Lamp' : 'Window'} ${index}`,
      8_000 + index,
    );
    add('unit.described', described(id, index, isLamp ? LAMP_THING : LIGHT_SENSOR_THING));
    const reported = isLamp ? [] : daylight(id, 'illuminance');
    const readings = reported.map(([atMs, value], seq) => ({
      ...{ property: 'illuminance', value, measuredAtMs: atMs, receivedAtMs: atMs },
      ...{ clock: 'synced', seq },
    }));
    if (readings.length > 0) add('readings.taken', { unitId: id, readings });
  }
  for (let from = 0; from < events.length; from += 20) {
    const answer = await base.post(base.batch(events.slice(from, from + 20)));
    expect(answer.status).toBe(200);
  }
}

function described(unitId: string, index: number, description: ThingDescription) {
  return {
    unitId,
    hardwareId: `esp-${index}`,
    model: description.title,
    firmwareVersion: '0.1.0',
    sessionPolicy: 'held',
    bootId: '0badcafe',
    resetReason: 'power_on',
    startedAtMs: Date.now() - 3_600_000,
    description,
  };
}
