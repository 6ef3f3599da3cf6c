import { describe, expect, it } from 'vitest';
import { Command } from '#protocol/command/command.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import { CommandList } from '#protocol/http/commands.ts';
import {
  FirmwareList,
  FirmwareView,
  RolloutDetails,
  RolloutList,
} from '#protocol/http/firmware.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { HistoryAnswer, UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import { FirmwareMaker } from '../../hub/testing/firmware-file.ts';
import { poison } from '../../hub/testing/poison.ts';
import { POISONED } from '../../hub/testing/poisoned-columns.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { atTestEnd, type Cleanup } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { type HubTarget, startHubTarget } from './hub-target.ts';
import { SiteList } from './site-list.ts';
import { SpeakingBase, signUpWithSite } from './speaking-base.ts';

const HUGE = 1.7e308;
/** One unit is broken by each of these; the others stay whole. */
const FAULTS = Object.entries(POISONED);

interface Fixture extends HubTarget {
  readonly api: ApiClient;
  readonly siteId: string;
  readonly base: SpeakingBase;
  readonly huge: UnitId;
  readonly healthy: UnitId;
  readonly broken: readonly UnitId[];
}

const fixture = startedOnce(async (cleanup: Cleanup): Promise<Fixture> => {
  const target = await startHubTarget(cleanup);
  const { api, siteId } = await signUpWithSite(target.owner, 'Grace');
  const base = await SpeakingBase.pair(api, siteId);
  const huge = await base.addLamp('192.0.2.10');
  const healthy = await base.addLamp('192.0.2.11');
  const broken: UnitId[] = [];
  for (const [index] of FAULTS.entries()) {
    broken.push(await base.addLamp(`192.0.2.${20 + index}`));
  }
  return { ...target, api, siteId, base, huge, healthy, broken };
});

async function measure(
  { base }: Fixture,
  unitId: UnitId,
  values: readonly number[],
): Promise<void> {
  const nowMs = Date.now();
  const readings = values.map((value, index) => {
    const atMs = nowMs - 1_000 * (values.length - index);
    const times = { measuredAtMs: atMs, receivedAtMs: atMs };
    return { property: 'temperature', value, ...times, clock: 'synced' as const, seq: index + 1 };
  });
  const data = { unitId, bootId: '00000001', readings };
  expect((await base.send({ type: 'readings.recorded', data })).refused).toEqual([]);
}

const snapshotOf = ({ api, siteId }: Fixture): Promise<SiteSnapshot> =>
  api.get(SiteSnapshot, `/api/sites/${siteId}/snapshot`);

function historyOf({ api }: Fixture, unitId: UnitId, resolution: string): Promise<HistoryAnswer> {
  const range = `from=${Date.now() - 86_400_000}&to=${Date.now() + 1}`;
  const query = `property=temperature&${range}&resolution=${resolution}`;
  return api.get(HistoryAnswer, `/api/units/${unitId}/history?${query}`);
}

describe('an answer that many share', () => {
  it('has finite numbers, however great the readings are', async () => {
    const one = fixture();
    const { huge, healthy, api } = one;
    await measure(one, huge, [HUGE, HUGE]);
    await measure(one, healthy, [20, 22]);
    const { sparklines } = await snapshotOf(one);
    const means = sparklines[huge]?.['temperature'] ?? [];
    expect(means.length).toBeGreaterThan(0);
    for (const [, mean] of means) expect(mean).toBe(HUGE);
    expect(sparklines[healthy]?.['temperature']?.length).toBeGreaterThan(0);
    const { reported } = await api.get(UnitView, `/api/units/${huge}`);
    expect(reported).toMatchObject({ temperature: { value: HUGE } });
    for (const resolution of ['raw', '1m', '1d', 'auto']) {
      const { points } = await historyOf(one, huge, resolution);
      const counted = points.reduce((sum, { count }) => sum + count, 0);
      expect(counted, resolution).toBe(2);
      for (const { mean, min, max, last } of points) {
        expect([mean, min, max, last], resolution).toEqual([HUGE, HUGE, HUGE, HUGE]);
      }
    }
  });

  it('works after a restart with a broken row of each kind, without that row only', async () => {
    const one = fixture();
    const { hub, api, siteId, base, huge, healthy, broken, data, logged } = one;
    for (const unitId of [...broken, healthy]) {
      await measure(one, unitId, [20, 22]);
      await api.post(Command, `/api/units/${unitId}/commands`, {
        ...{ verb: 'set', affordance: 'brightness', input: 5 },
      });
    }
    const maker = await FirmwareMaker.create();
    const firmware = await api.call(FirmwareView, 'POST', `/api/sites/${siteId}/firmware`, {
      rawBody: await maker.file(),
      headers: { 'content-type': 'application/octet-stream' },
    });
    const rollout = await api.post(RolloutView, `/api/sites/${siteId}/rollouts`, {
      ...{ firmwareId: firmware.id, soakMs: 0 },
    });

    await hub.stop();
    for (const [index, [, statement]] of FAULTS.entries()) {
      await poison(data, statement, broken[index]);
    }
    await hub.start();

    const snapshot = await snapshotOf(one);
    const shown = new Map(snapshot.units.map((unit) => [unit.id, unit]));
    expect(shown.get(healthy)).toMatchObject({
      ...{ name: 'Lamp', reported: { temperature: { value: 22 } } },
      ...{ desired: { brightness: { value: 5 } }, update: { rolloutId: rollout.id } },
    });
    expect(shown.get(huge)).toMatchObject({ reported: { temperature: { value: HUGE } } });
    expect(snapshot.bases).toMatchObject([{ id: base.raw.id }]);
    expect(snapshot.rollouts).toMatchObject([{ id: rollout.id }]);
    expect(snapshot.commands.map(({ unitId }) => unitId)).toContain(healthy);
    for (const unitId of [healthy, huge]) {
      expect(snapshot.sparklines[unitId]?.['temperature']?.length).toBeGreaterThan(0);
    }
    // A command, an update or a value that is broken costs its unit nothing else.
    const lost = FAULTS.filter((_, index) => !shown.has(broken[index] ?? healthy));
    for (const [what] of lost) expect(what).toMatch(/^a unit’s/);

    await api.get(SiteList, '/api/sites');
    await api.get(SiteView, `/api/sites/${siteId}`);
    const lists = await Promise.all([
      api.get(RolloutList, `/api/sites/${siteId}/rollouts`),
      api.get(FirmwareList, `/api/sites/${siteId}/firmware`),
      api.get(RolloutDetails, `/api/rollouts/${rollout.id}`),
    ]);
    expect(lists[0].rollouts).toHaveLength(1);
    expect(lists[1].firmware).toHaveLength(1);
    expect(lists[2].units.map(({ unitId }) => unitId)).toEqual(
      expect.arrayContaining([healthy, huge]),
    );
    for (const unitId of [healthy, huge, ...broken]) {
      const { commands } = await api.get(CommandList, `/api/units/${unitId}/commands`);
      if (unitId === healthy) expect(commands).toHaveLength(1);
    }

    const { resumed } = await base.goOnline(atTestEnd);
    if (!resumed.ok || resumed.recovered) throw new Error(JSON.stringify(resumed));
    const assigned = resumed.units.map(({ unitId }) => unitId);
    expect(assigned).toEqual(expect.arrayContaining([healthy, huge]));
    expect(resumed.commands.map(({ unitId }) => unitId)).toContain(healthy);

    // And what happens from here on is accepted and shown.
    await measure(one, healthy, [20, 22, 24]);
    const after = await snapshotOf(one);
    expect(after.units.find(({ id }) => id === healthy)?.reported).toMatchObject({
      temperature: { value: 24 },
    });
    const faults = logged.filter(({ level }) => level === 'error');
    expect(new Set(faults.map(({ msg }) => msg))).toEqual(new Set(['unreadable row skipped']));
  });
});
