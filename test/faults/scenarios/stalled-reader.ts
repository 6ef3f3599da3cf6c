import { readFileSync } from 'node:fs';
import { LIMITS } from '#protocol/limits.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { UnitView } from '#protocol/http/units.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { ChannelSocket } from '../../harness/channel-socket.ts';
import { RawBase } from '../../harness/raw-base.ts';
import { until } from '#platform/testing/until.ts';
import { FaultProxy } from '../proxy/fault-proxy.ts';
import { type FaultFixture, startFixture } from '../fault-fixture.ts';
import type { Scenario } from '../scenario.ts';

const READINGS_PER_EVENT = 400;
const EVENTS_PER_BATCH = 8;
/** Enough to fill the buffers of both kernels and the hub's own many times over. */
const MAX_BATCHES = 200;

/** A watcher of the site; over the proxy it can be made to stall. */
async function watch(fixture: FaultFixture, url: string): Promise<ChannelSocket> {
  const { api, cleanup, hub, siteId } = fixture;
  const socket = new ChannelSocket({ url, ca: hub.ca, api, cleanup });
  const refusal =
    (await socket.connect()) ?? (await socket.join(channelName({ kind: 'site', siteId })));
  if (refusal !== undefined) throw new Error(`the channel was refused: ${refusal}`);
  return socket;
}

/** VmRSS of the hub (proc(5)), in bytes. */
function residentBytes(fixture: FaultFixture): number {
  const status = readFileSync(`/proc/${fixture.hub.program.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1_024;
}

async function addRawUnit(fixture: FaultFixture) {
  const path = `/api/sites/${fixture.siteId}`;
  const { code } = await fixture.api.post(ClaimCodeCreated, `${path}/claim-codes`, {
    baseName: 'Raw',
  });
  const base = await RawBase.claim(fixture.api, code);
  const address = { host: '127.0.0.1', port: 9 };
  const unit = await fixture.api.post(UnitView, `${path}/units`, {
    name: 'Raw',
    endpoint: { kind: 'base', baseId: base.id, address },
  });
  return { base, unitId: unit.id };
}

function batchOf(unitId: string, batch: number) {
  const nowMs = Date.now();
  return Array.from({ length: EVENTS_PER_BATCH }, (_, event) => {
    const place = batch * EVENTS_PER_BATCH + event;
    const readings = Array.from({ length: READINGS_PER_EVENT }, (__, index) => ({
      property: 'illuminance',
      value: index,
      measuredAtMs: nowMs,
      receivedAtMs: nowMs,
      clock: 'synced',
      seq: place * READINGS_PER_EVENT + index,
    }));
    const data = { unitId, bootId: '0000abcd', readings };
    return { seq: place + 1, type: 'readings.recorded', data };
  });
}

export const stalledReader: Scenario = {
  name: 'stalled-reader',
  description: 'a dashboard that stops reading is cut at its bound, and nobody else feels it',
  play: async ({ cleanup }) => {
    const fixture = await startFixture({ name: 'stalled-reader', lamps: 0, sensors: 0, cleanup });
    const target = { host: '127.0.0.1', port: fixture.hub.httpsPort };
    const proxy = new FaultProxy({ target, cleanup });
    await proxy.start();
    const { base, unitId } = await addRawUnit(fixture);
    const steady = await watch(fixture, fixture.hub.url);
    const stalled = await watch(fixture, `https://127.0.0.1:${proxy.port}`);
    proxy.weather = { down: { delayMs: 0, passing: 'held' } };
    const isCut = (): boolean => {
      for (const line of fixture.hub.program.log.messages('slow consumer disconnected')) {
        return line['socketId'] === stalled.socket.id;
      }
      return false;
    };
    const residentBefore = residentBytes(fixture);
    let batches = 0;
    for (; batches < MAX_BATCHES && !isCut(); batches += 1) {
      const { status, text } = await base.post(base.batch(batchOf(unitId, batches)));
      if (status !== 200) throw new Error(`a batch got ${status}: ${text}`);
    }
    const grownMib = (residentBytes(fixture) - residentBefore) / 2 ** 20;
    const wanted = batches * EVENTS_PER_BATCH;
    const heard = (): number => steady.seen('readings.added').length;
    await until('the other watcher has heard all', () => heard() >= wanted, 30_000);
    return {
      notes: [
        `cut after ${wanted * READINGS_PER_EVENT} readings had been published; the bound is ${LIMITS.socketBufferedBytes} bytes in the hub, beyond what the kernels hold`,
        `the hub's memory grew by ${grownMib.toFixed(1)} MiB meanwhile; another watcher heard all ${heard()} messages`,
      ],
      violations: batches < MAX_BATCHES ? [] : ['the stalled reader was not cut'],
    };
  },
};
