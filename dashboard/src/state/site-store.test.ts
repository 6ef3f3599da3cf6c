import { describe, expect, it } from 'vitest';
import { newId, RolloutId, UpdateId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LIGHT_SENSOR_THING } from '../../testing/fake-things.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { SiteStore } from './site-store.ts';
import { extendSparkline } from './unit-readings.ts';

const QUARTER_MS = 15 * 60_000;

function arrange() {
  const site = new FakeSite('Home');
  const base = site.addBase('Cellar');
  const [unit, other] = ['Window', 'Door'].map((name) =>
    site.addUnit(base, {
      name,
      place: '',
      thing: LIGHT_SENSOR_THING,
      reported: { illuminance: 5 },
    }),
  );
  if (!unit || !other) throw new TypeError('two units were made');
  const reports: unknown[] = [];
  const store = new SiteStore({
    clock: new ManualClock(),
    onReport: (...report) => reports.push(report),
    onCommand: () => undefined,
  });
  store.applySnapshot(site.snapshot());
  reports.length = 0;
  const measured = (atMs: number, value: number, seq = 1): Reading => ({
    property: 'illuminance',
    value,
    measuredAtMs: atMs,
    receivedAtMs: atMs,
    clock: 'synced',
    seq,
  });
  const add = (readings: Reading[], inForce = ['illuminance']) =>
    store.applyChange({
      name: 'readings.added',
      body: { unitId: unit.id, readings, inForce },
    });
  return { site, base, unit, other, store, reports, measured, add };
}

describe('SiteStore', () => {
  it('keeps its roster while values come in, and changes it with names and presences', () => {
    const { site, unit, store, add, measured } = arrange();
    let changes = 0;
    store.roster.subscribe(() => (changes += 1));
    const before = store.roster.get();
    for (let count = 1; count <= 100; count += 1) add([measured(count, count)]);
    const { reported, desired } = unit;
    store.applyChange({
      name: 'unit.values',
      body: { unitId: unit.id, reported, desired },
    });
    store.applySnapshot(site.snapshot());
    expect(store.roster.get()).toBe(before);
    store.putUnit({ ...unit, name: 'Skylight' });
    store.putUnit({ ...unit, name: 'Skylight', presence: { ...unit.presence, state: 'lost' } });
    store.applyChange({ name: 'unit.removed', body: { unitId: unit.id } });
    expect(changes).toBe(3);
    expect(store.roster.get()).toHaveLength(1);
  });

  it('keeps nothing of a unit that is gone', () => {
    const { unit, store } = arrange();
    const count = () => store.sparklines.size + store.units.size + store.latestCommands.size;
    const before = count();
    store.applyChange({ name: 'unit.removed', body: { unitId: unit.id } });
    expect(count()).toBe(before - 2);
    store.onReadings(unit.id, () => undefined)();
    expect(store.units.get(unit.id)).toBeUndefined();
  });

  it('keeps rollouts, and how far an image is on its way to a unit', () => {
    const { site, unit, store } = arrange();
    const rollout: RolloutView = {
      id: newId(RolloutId),
      siteId: site.site.id,
      firmware: { id: null, model: 'lamp', version: '1.1.0' },
      state: 'running',
      plan: { percentages: [100], soakMs: 0, stopAtFailures: 1, stopAtPercent: null },
      step: 0,
      targets: [1, 2],
      counts: { waiting: 1, underWay: 1, confirmed: 0, failed: 0, cancelled: 0 },
      hold: null,
      nextStepAt: null,
      startedBy: 'user:1',
      createdAt: new Date(0).toISOString(),
      endedAt: null,
    };
    site.rollouts.set(rollout.id, rollout);
    store.applySnapshot(site.snapshot());
    expect(store.rollouts.get(rollout.id)?.state).toBe('running');
    const paused: RolloutView = { ...rollout, state: 'paused' };
    store.applyChange({ name: 'rollout.changed', body: { rollout: paused } });
    expect(store.rollouts.all.get()).toEqual([paused]);
    const transfer = { updateId: newId(UpdateId), unitId: unit.id, doneBytes: 5, totalBytes: 10 };
    store.applyChange({ name: 'update.progress', body: { ...transfer } });
    expect(store.transfers.get(unit.id)).toMatchObject(transfer);
  });

  it('notifies only the watchers of the changed unit', () => {
    const { unit, other, store, measured, add } = arrange();
    const drawn: string[] = [];
    store.units.at(unit.id).subscribe(() => drawn.push('unit'));
    store.units.at(other.id).subscribe(() => drawn.push('other'));
    store.units.keys.subscribe(() => drawn.push('list'));
    add([measured(Date.now() + 1_000, 6)]);
    expect(drawn).toEqual(['unit']);
    expect(store.units.get(unit.id)?.reported.illuminance?.value).toBe(6);
  });

  it('does not turn the display back when a backlog arrives', () => {
    const { unit, store, measured, add } = arrange();
    const now = Date.now() + 10_000;
    add([measured(now, 9, 2), measured(now - 5_000, 1, 1)]);
    expect(store.units.get(unit.id)?.reported.illuminance?.value).toBe(9);
    add([measured(now + 5_000, 4, 3)], []);
    expect(store.units.get(unit.id)?.reported.illuminance?.value).toBe(9);
  });

  it('follows what the hub holds for newest, whatever its time', () => {
    const { unit, store, measured, add } = arrange();
    const now = Date.now();
    add([measured(now + 7_200_000, 9, 2)]);
    add([measured(now, 4, 3)]);
    expect(store.units.get(unit.id)?.reported.illuminance).toMatchObject({
      value: 4,
      measuredAtMs: now,
    });
  });

  it('applies values and desired values of a unit, and keeps the rest', () => {
    const { unit, store } = arrange();
    const state = { value: 7, measuredAtMs: 1, receivedAtMs: 1, clock: 'synced' as const };
    const values = { reported: { illuminance: state }, desired: {} };
    const body = { unitId: unit.id, ...values };
    store.applyChange({ name: 'unit.values', body });
    expect(store.units.get(unit.id)).toEqual({ ...unit, ...values });
    store.units.delete(unit.id);
    store.applyChange({ name: 'unit.values', body });
    expect(store.units.get(unit.id)).toBeUndefined();
  });

  it('hands readings to a chart until it lets go', () => {
    const { unit, store, measured, add } = arrange();
    const seen: number[] = [];
    const stop = store.onReadings(unit.id, (readings) => seen.push(readings.length));
    add([measured(1, 1), measured(2, 2)]);
    stop();
    add([measured(3, 3)]);
    expect(seen).toEqual([2]);
  });

  it('keeps its subscribers over a resync and drops what is gone', () => {
    const { site, unit, other, store } = arrange();
    let drawn = 0;
    store.units.at(unit.id).subscribe(() => (drawn += 1));
    site.removeUnit(other.id);
    site.units.set(unit.id, { ...unit, name: 'Skylight' });
    store.applySnapshot(site.snapshot());
    expect(store.units.keys.get()).toEqual([unit.id]);
    expect(store.units.get(unit.id)?.name).toBe('Skylight');
    expect(drawn).toBe(1);
  });

  it('ignores readings of a unit it does not know', () => {
    const { unit, store, measured, add } = arrange();
    store.units.delete(unit.id);
    add([measured(1, 1)]);
    expect(store.units.get(unit.id)).toBeUndefined();
  });
});

describe('a sparkline', () => {
  it('gains a point per quarter of an hour and loses those older than a day', () => {
    const points = [[0, 1] as const];
    expect(extendSparkline(points, QUARTER_MS - 1, 2)).toBe(points);
    expect(extendSparkline(points, QUARTER_MS, 2)).toEqual([
      [0, 1],
      [QUARTER_MS, 2],
    ]);
    expect(extendSparkline(points, 97 * QUARTER_MS, 3)).toEqual([[97 * QUARTER_MS, 3]]);
    // The last point is of a clock that was ahead.
    const ahead = [...points, [9 * QUARTER_MS, 8]] as const;
    expect(extendSparkline(ahead, 2 * QUARTER_MS, 5)).toEqual([...points, [2 * QUARTER_MS, 5]]);
  });
});
