import { describe, expect, it, onTestFinished } from 'vitest';
import { HistoryAnswer, UnitView } from '#protocol/http/units.ts';
import { MAX_CLOCK_OFFSET_MS } from '#protocol/hub-link/base-events.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Reading } from '#protocol/reading.ts';
import { type LampSite, startLampSite } from '../../testing/lamp-site.ts';
import { poison } from '../../testing/poison.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { snapshotOf } from '../../testing/test-hub.ts';
import { openTestDatabase } from '../../testing/test-store.ts';
import { until } from '#platform/testing/until.ts';
import { watchSite } from '../../testing/watcher.ts';

function reading(seq: number, value: Reading['value'], change: Partial<Reading> = {}): Reading {
  return {
    property: 'temperature',
    value,
    measuredAtMs: seq * 1_000,
    receivedAtMs: seq * 1_000 + 5,
    clock: 'synced',
    seq,
    ...change,
  };
}

async function measure(site: LampSite, readings: readonly Reading[], bootId = '0000000a') {
  for (let start = 0; start < readings.length; start += LIMITS.readingsPerEvent) {
    await site.base.send({
      type: 'readings.recorded',
      data: {
        unitId: site.unitId,
        bootId,
        readings: readings.slice(start, start + LIMITS.readingsPerEvent),
      },
    });
  }
}

/** By a base whose clock is that of the hub. */
async function measureAt(
  site: LampSite,
  batch: { readonly nowMs: number; readonly bootId: string; readonly readings: Reading[] },
): Promise<void> {
  const { nowMs, ...data } = batch;
  const body = site.base.batch([
    { type: 'readings.recorded', data: { unitId: site.unitId, ...data } },
  ]);
  const timestampSeconds = Math.floor(nowMs / 1_000);
  expect(await site.base.post(body, { timestampSeconds })).toMatchObject({
    body: { refused: [] },
  });
}

async function history(site: LampSite, query: Record<string, string | number>) {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]) => [name, String(value)]),
  );
  return await site.owner.client.request(HistoryAnswer, {
    path: `/api/units/${site.unitId}/history?${text}`,
  });
}

const raw = { property: 'temperature', from: 0, to: 10_000_000, resolution: 'raw' };

describe('readings', () => {
  it('are stored once, published live, and kept as the latest value', async () => {
    const site = await startLampSite({ online: false });
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    const readings = [reading(1, 20.5), reading(2, 21)];
    await measure(site, readings);
    await measure(site, readings);
    expect((await watcher.next('readings.added')).readings).toEqual(readings);
    const { points } = await history(site, raw);
    expect(points.map(({ atMs, last }) => [atMs, last])).toEqual([
      [1_000, 20.5],
      [2_000, 21],
    ]);
    const unit = await site.owner.client.request(UnitView, { path: `/api/units/${site.unitId}` });
    expect(unit.reported['temperature']).toMatchObject({ value: 21, measuredAtMs: 2_000 });
  });

  it('of a backlog do not replace newer values', async () => {
    const site = await startLampSite({ online: false });
    await measure(site, [reading(9, 30)]);
    await measure(site, [reading(8, 10)]);
    const { units } = await snapshotOf(site.owner);
    expect(units[0]?.reported['temperature']).toMatchObject({ value: 30, measuredAtMs: 9_000 });
    expect((await history(site, raw)).points.map(({ last }) => last)).toEqual([10, 30]);
  });

  it('of a hub whose clock was ahead give way to those that come after them', async () => {
    for (const skewMs of [2 * 3_600_000, 730 * 86_400_000]) {
      const clock = new ManualClock(Date.now());
      const site = await startLampSite({ online: false, clock });
      const rightMs = clock.nowMs();
      const measured = async (
        seq: number,
        value: number,
        change: { bootId?: string; atMs?: number } = {},
      ) => {
        const { bootId = '0000000a', atMs = clock.nowMs() } = change;
        const readings = [reading(seq, value, { measuredAtMs: atMs })];
        await measureAt(site, { nowMs: clock.nowMs(), bootId, readings });
      };
      const latest = async () => {
        const unit = await site.owner.client.request(UnitView, {
          path: `/api/units/${site.unitId}`,
        });
        const { value, measuredAtMs } = unit.reported['temperature'] ?? {};
        return [value, measuredAtMs];
      };
      await measured(5, 20);
      clock.set(rightMs + skewMs);
      await measured(6, 21);
      clock.set(rightMs + 60_000);
      // What waited since before the clock was ahead is no news.
      await measured(4, 10, { atMs: rightMs - 1_000 });
      expect(await latest()).toEqual([21, rightMs + skewMs]);
      await measured(7, 22);
      expect(await latest()).toEqual([22, rightMs + 60_000]);
      // The unit counts anew after it was restarted; its base goes on.
      clock.set(rightMs + skewMs);
      await measured(8, 23);
      clock.set(rightMs + 120_000);
      await measured(1, 24, { bootId: '0000000b' });
      expect(await latest()).toEqual([24, rightMs + 120_000]);
    }
  });

  it('say which of them are in force, so that clients need not compare times', async () => {
    const site = await startLampSite({ online: false });
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    await measure(site, [reading(9, 30), reading(1, 5, { property: 'brightness' })]);
    await measure(site, [reading(8, 10), reading(2, 6, { property: 'brightness' })]);
    const added = async (seq: number) =>
      await watcher.next('readings.added', ({ readings: [first] }) => first?.seq === seq);
    expect((await added(9)).inForce).toEqual(['temperature', 'brightness']);
    expect((await added(8)).inForce).toEqual(['brightness']);
  });

  it('settle a desired value that was made while the clock of the hub was ahead', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ online: false, clock });
    const rightMs = clock.nowMs();
    clock.set(rightMs + 86_400_000);
    await site.owner.client.done({
      path: `/api/units/${site.unitId}/commands`,
      body: { verb: 'set', affordance: 'brightness', input: 40 },
    });
    clock.set(rightMs);
    const readings = [reading(1, 40, { property: 'brightness', measuredAtMs: rightMs })];
    await measureAt(site, { nowMs: rightMs, bootId: '0000000a', readings });
    expect((await snapshotOf(site.owner)).units[0]?.desired).toEqual({});
  });

  it('are counted again after the unit rebooted', async () => {
    const site = await startLampSite({ online: false });
    await measure(site, [reading(1, 1)], '0000000a');
    await measure(site, [reading(1, 2, { measuredAtMs: 5_000 })], 'ffffffff');
    expect((await history(site, raw)).points).toHaveLength(2);
  });

  it('of switches count as 0 and 1, of colours only the latest is kept', async () => {
    const site = await startLampSite({ online: false });
    await measure(site, [
      reading(1, true, { property: 'on' }),
      reading(2, false, { property: 'on' }),
      reading(3, '#ff0000', { property: 'color' }),
    ]);
    const { points } = await history(site, { ...raw, property: 'on' });
    expect(points.map(({ last }) => last)).toEqual([1, 0]);
    const { units } = await snapshotOf(site.owner);
    expect(units[0]?.reported['color']?.value).toBe('#ff0000');
  });

  it('settle the desired value that they report', async () => {
    const site = await startLampSite({ online: false });
    await site.owner.client.done({
      path: `/api/units/${site.unitId}/commands`,
      body: { verb: 'set', affordance: 'brightness', input: 40 },
    });
    const report = async (seq: number, value: number, measuredAtMs: number) =>
      await measure(site, [reading(seq, value, { property: 'brightness', measuredAtMs })]);
    await report(1, 39, Date.now());
    // From before the desired value was set: it was so, and then it was changed.
    await report(2, 40, Date.now() - 60_000);
    expect((await snapshotOf(site.owner)).units[0]?.desired).toHaveProperty('brightness');
    await report(3, 40, Date.now());
    expect((await snapshotOf(site.owner)).units[0]?.desired).toEqual({});
  });

  it('are put on the clock of the hub, and never into the future', async () => {
    const site = await startLampSite({ online: false });
    const nowMs = Date.now();
    const send = async (offsetMs: number | null, ...readings: Reading[]) => {
      const data = { unitId: site.unitId, bootId: '0000000a', readings };
      return await site.base.post(site.base.batch([{ type: 'readings.recorded', data }], offsetMs));
    };
    const latest = async () =>
      (await snapshotOf(site.owner)).units[0]?.reported['temperature'] ?? { measuredAtMs: 0 };
    await send(-3_600_000, reading(1, 20, { measuredAtMs: nowMs + 3_600_000 - 5_000 }));
    expect(await latest()).toMatchObject({ value: 20, measuredAtMs: nowMs - 5_000 });
    await send(null, reading(2, 21, { measuredAtMs: nowMs + 86_400_000 }));
    expect((await latest()).measuredAtMs).toBeLessThan(Date.now() + 2_000);
    await until('a newer value', async () => {
      await send(0, reading(3, 22, { measuredAtMs: Date.now() }));
      const { units } = await snapshotOf(site.owner);
      return units[0]?.reported['temperature']?.value === 22 ? true : undefined;
    });
  });

  it('with an invalid time or offset are refused, and the snapshot still works', async () => {
    const site = await startLampSite({ online: false });
    const batch = (offsetMs: number, times: Partial<Reading>) => {
      const data = { unitId: site.unitId, bootId: '0000000a', readings: [reading(1, 5, times)] };
      const presence = { unitId: site.unitId, state: 'ready', lastContactAtMs: null };
      return site.base.batch(
        [
          { type: 'readings.recorded', data },
          { type: 'unit.presence', data: { ...presence, atMs: times.measuredAtMs ?? 0 } },
          { type: 'unit.presence', data: { ...presence, atMs: 253_402_300_799_999 } },
        ],
        offsetMs,
      );
    };
    for (const measuredAtMs of [8.64e15 + 1, 253_402_300_800_000, -1, 0.5]) {
      const { status, body } = await site.base.post(batch(MAX_CLOCK_OFFSET_MS, { measuredAtMs }));
      expect(status).toBe(200);
      expect(body).toMatchObject({
        accepted: 1,
        refused: [{ code: 'event_invalid' }, { code: 'event_invalid' }],
      });
    }
    // The clock of a machine without a battery, just after 1970.
    const unset = batch(Date.now() - 5_000, { measuredAtMs: 5_000 });
    expect((await site.base.post(unset)).body).toMatchObject({ refused: [] });
    expect((await site.base.post(batch(MAX_CLOCK_OFFSET_MS + 1, {}))).status).toBe(400);
    const { units } = await snapshotOf(site.owner);
    expect(units[0]?.presence.state).toBe('ready');
  });
});

describe('history', () => {
  it('gives min, max, mean, last and count of each span', async () => {
    const site = await startLampSite({ online: false });
    await measure(site, [reading(1, 1), reading(2, 5), reading(9, 3), reading(11, 7)]);
    const answer = await history(site, { ...raw, resolution: '10s' });
    expect(answer).toMatchObject({ bucketMs: 10_000, nextFromMs: null });
    expect(answer.points).toEqual([
      { atMs: 0, min: 1, max: 5, mean: 3, last: 3, count: 3 },
      { atMs: 10_000, min: 7, max: 7, mean: 7, last: 7, count: 1 },
    ]);
  });

  it('is cut at the limit of one answer, and continues from there without a gap', async () => {
    const site = await startLampSite({ online: false });
    const all = Array.from({ length: LIMITS.historyPoints + 300 }, (_, seq) => reading(seq, seq));
    await measure(site, all);
    const first = await history(site, raw);
    expect(first.points).toHaveLength(LIMITS.historyPoints);
    expect(first.nextFromMs).toBe(LIMITS.historyPoints * 1_000);
    const second = await history(site, { ...raw, from: first.nextFromMs ?? 0 });
    const values = [...first.points, ...second.points].map(({ last }) => last);
    expect(values).toEqual(all.map(({ value }) => value));
    expect(second.nextFromMs).toBeNull();
    const auto = await history(site, { property: 'temperature', from: 0, to: 2_400_000 });
    expect(auto.bucketMs).toBeGreaterThan(0);
    expect(auto.points.length).toBeLessThanOrEqual(1_000);
    const few = await history(site, { property: 'temperature', from: 0, to: 9_000 });
    expect(few.bucketMs).toBe(0);
  });

  it('is refused for text, for what the unit does not have, and for nonsense', async () => {
    const site = await startLampSite({ online: false });
    const refused = async (query: string) =>
      await site.owner.client.refused({ path: `/api/units/${site.unitId}/history?${query}` });
    expect(await refused('property=color&from=0&to=1')).toBe('property_not_numeric');
    expect(await refused('property=moon&from=0&to=1')).toBe('affordance_unknown');
    expect(await refused('property=temperature&from=x&to=1')).toBe('bad_request');
    expect(await refused('property=temperature&from=0&to=1&resolution=3m')).toBe('bad_request');
    expect((await history(site, raw)).points).toEqual([]);
  });

  it('gives sparklines of the last day in the snapshot', async () => {
    const site = await startLampSite({ online: false });
    const nowMs = Date.now();
    await measure(site, [
      reading(1, 10, { measuredAtMs: nowMs - 2 * 86_400_000 }),
      reading(2, 20, { measuredAtMs: nowMs - 60_000 }),
      reading(3, 30, { measuredAtMs: nowMs - 59_000 }),
    ]);
    const { sparklines } = await snapshotOf(site.owner);
    const line = sparklines[site.unitId]?.['temperature'] ?? [];
    const values = line.map(([, mean]) => mean);
    expect(values.reduce((sum, mean) => sum + mean, 0) / values.length).toBe(25);
  });
});

describe('gaps in the readings', () => {
  const gap = (fromMs: number, toMs: number, count: number) => ({
    fromMs,
    toMs,
    count,
    reason: 'outbox_full' as const,
  });
  const drop = async (site: LampSite, ...gaps: readonly ReturnType<typeof gap>[]) =>
    await site.base.send(
      ...gaps.map((data) => ({
        type: 'readings.dropped' as const,
        data: { unitId: site.unitId, ...data },
      })),
    );

  it('are published live, and are in the history of every property', async () => {
    const site = await startLampSite({ online: false });
    const watcher = await watchSite(site.hub, site.owner.client, site.owner.siteId);
    await drop(site, gap(1_000, 9_000, 16));
    expect(await watcher.next('readings.dropped')).toMatchObject({
      unitId: site.unitId,
      gap: gap(1_000, 9_000, 16),
    });
    for (const property of ['temperature', 'brightness']) {
      expect((await history(site, { ...raw, property })).gaps).toEqual([gap(1_000, 9_000, 16)]);
    }
    expect((await history(site, { ...raw, from: 9_000 })).gaps).toHaveLength(1);
    expect((await history(site, { ...raw, from: 9_001 })).gaps).toEqual([]);
    expect((await history(site, { ...raw, to: 1_000 })).gaps).toEqual([]);
  });

  it('are counted once, however often they are reported', async () => {
    const site = await startLampSite({ online: false });
    const body = site.base.batch([
      { type: 'readings.dropped', data: { unitId: site.unitId, ...gap(1_000, 2_000, 5) } },
    ]);
    for (let time = 0; time < 2; time += 1) await site.base.post(body);
    expect((await history(site, raw)).gaps).toEqual([gap(1_000, 2_000, 5)]);
  });

  it('are one where they touch, and of one reason', async () => {
    const site = await startLampSite({ online: false });
    const old = { ...gap(2_000, 5_000, 3), reason: 'outbox_age' as const };
    await drop(site, gap(1_000, 2_000, 5), gap(60_000, 61_000, 1), gap(2_500, 4_000, 2));
    await site.base.send({ type: 'readings.dropped', data: { unitId: site.unitId, ...old } });
    expect((await history(site, raw)).gaps).toEqual([
      gap(1_000, 4_000, 7),
      old,
      gap(60_000, 61_000, 1),
    ]);
  });

  it('are bounded in one answer, and none is left out of the count', async () => {
    const site = await startLampSite({ online: false });
    const many = Array.from({ length: 1_000 }, (_, index) => gap(index * 9_000, index * 9_000, 1));
    for (let start = 0; start < many.length; start += 200) {
      await drop(site, ...many.slice(start, start + 200));
    }
    const { gaps } = await history(site, raw);
    expect(gaps.length).toBeLessThanOrEqual(201);
    expect(gaps.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
  });

  it('are so many and no more, and none is left out of the count', async () => {
    const site = await startLampSite({ online: false });
    await poison(
      site.hub.dataFolder,
      `insert into reading_gaps (unit_key, reason, from_ms, to_ms, count)
       with recursive gap (n) as (select 1 union all select n + 1 from gap where n < 2000)
       select units.key, 'outbox_full', n * 2000, n * 2000, 1 from gap, units where units.id = ?`,
      site.unitId,
    );
    await drop(site, gap(0, 0, 5), gap(6_000_000, 6_000_000, 7));
    const db = await openTestDatabase(site.hub.dataFolder);
    onTestFinished(() => db.destroy());
    const kept = await db.selectFrom('reading_gaps').selectAll().orderBy('from_ms').execute();
    expect(kept).toHaveLength(2_000);
    expect(kept[0]).toMatchObject({ from_ms: 0, to_ms: 4_000, count: 7 });
    const { gaps } = await history(site, raw);
    expect(gaps.reduce((sum, { count }) => sum + count, 0)).toBe(2_012);
  });

  it('go with their unit', async () => {
    const site = await startLampSite({ online: false });
    await drop(site, gap(1_000, 9_000, 16));
    await site.owner.client.done({ path: `/api/units/${site.unitId}`, method: 'DELETE' });
    const receipt = await site.base.send({
      type: 'readings.dropped',
      data: { unitId: site.unitId, ...gap(1_000, 9_000, 16) },
    });
    expect(receipt.refused).toMatchObject([{ code: 'unit_unknown' }]);
  });
});
