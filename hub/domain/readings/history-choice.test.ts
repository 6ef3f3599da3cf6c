import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../store/dirty-hours.ts';
import { raiseFloors } from '../../store/reading-retention.ts';
import {
  type Measured,
  type MeasuredUnit,
  type ReadingsHub,
  startReadings,
} from '../../testing/readings-site.ts';
import { testEngines } from '../../testing/test-store.ts';

const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const FROM = Date.UTC(2026, 0, 1);

/** One every ten minutes for ten days: more than a chart shows. */
const READINGS: readonly Measured[] = Array.from({ length: 1_440 }, (_, index) => {
  return { seq: index + 1, atMs: FROM + index * 10 * MINUTE_MS, value: index % 7 };
});

async function measured(engine: 'sqlite' | 'postgres') {
  const { hub, unit } = await startReadings(engine);
  await hub.measure(unit, READINGS);
  return { hub, unit };
}

async function forget(hub: ReadingsHub, unit: MeasuredUnit, rawMs: number, minuteMs = 0) {
  await hub.services.unitOfWork.run(
    ({ tx }) => raiseFloors(tx, unit.siteId, { rawMs, minuteMs, hourMs: 0 }),
    'test',
  );
}

describe.each(testEngines())('a history on %s', (engine) => {
  it('is the same from roll-ups as from readings, at any edge', async () => {
    const { hub, unit } = await measured(engine);
    const ranges = [
      { from: FROM, to: FROM + 10 * DAY_MS, resolution: '1d' },
      { from: FROM + 5 * MINUTE_MS, to: FROM + 9.7 * DAY_MS, resolution: '1h' },
      { from: FROM + 1, to: FROM + 2 * DAY_MS + 30_001, resolution: '10m' },
      { from: FROM + 30 * MINUTE_MS, to: FROM + 50 * MINUTE_MS, resolution: '1h' },
    ] as const;
    const before = await Promise.all(ranges.map((range) => hub.history(unit, range)));
    expect(before.map(({ source }) => source)).toEqual(['raw', 'raw', 'raw', 'raw']);
    await hub.rollUp();
    for (const [index, range] of ranges.entries()) {
      const after = await hub.history(unit, range);
      const rounded = ({ mean, ...rest }: (typeof after.points)[number]) => {
        return { ...rest, mean: mean.toFixed(9) };
      };
      expect(after.points.map(rounded)).toEqual(before[index]?.points.map(rounded));
      expect(after.source).toBe(['1h', '1h', '1m', 'raw'][index]);
    }
  });

  it('shows a reading at once that comes late, before its hour is rolled up anew', async () => {
    const { hub, unit } = await measured(engine);
    await hub.rollUp();
    const late = { seq: 5_000, atMs: FROM + 3 * HOUR_MS + 1, value: 1_000 };
    await hub.measure(unit, [late]);
    const { points, source } = await hub.history(unit, {
      ...{ from: FROM, to: FROM + DAY_MS, resolution: '1h' },
    });
    expect(source).toBe('1h');
    expect(points[3]).toMatchObject({ atMs: FROM + 3 * HOUR_MS, max: 1_000, count: 7 });
  });

  it('has less detail where that is not kept, and says so', async () => {
    const { hub, unit } = await measured(engine);
    await hub.rollUp();
    const rawMs = FROM + 6 * DAY_MS;
    await forget(hub, unit, rawMs);
    const all = { from: FROM, to: FROM + 10 * DAY_MS };
    expect(await hub.history(unit, { ...all, resolution: 'raw' })).toMatchObject({
      bucketMs: MINUTE_MS,
      source: '1m',
      kept: { rawFromMs: rawMs, minutesFromMs: 0, hoursFromMs: 0 },
    });
    expect(await hub.history(unit, { ...all, from: rawMs, resolution: 'raw' })).toMatchObject({
      ...{ bucketMs: 0, source: 'raw' },
    });
    expect(await hub.history(unit, all)).toMatchObject({ bucketMs: HOUR_MS, source: '1h' });
    await forget(hub, unit, rawMs, FROM + 2 * DAY_MS);
    const hours = await hub.history(unit, { ...all, resolution: '1s' });
    expect(hours).toMatchObject({ bucketMs: HOUR_MS, source: '1h' });
    expect(hours.points.reduce((sum, { count }) => sum + count, 0)).toBe(READINGS.length);
  });

  it('keeps its detail where nothing was measured before the time from which it is kept', async () => {
    const { hub, unit } = await measured(engine);
    await hub.rollUp();
    await forget(hub, unit, FROM - DAY_MS);
    const all = { from: FROM - 5 * DAY_MS, to: FROM + DAY_MS, resolution: 'raw' } as const;
    expect(await hub.history(unit, all)).toMatchObject({ bucketMs: 0, source: 'raw' });
  });

  it('goes on page by page without a hole', async () => {
    const { hub, unit } = await startReadings(engine);
    const everyMinute = Array.from({ length: 2_500 }, (_, index) => {
      return { seq: index + 1, atMs: FROM + index * MINUTE_MS + 7, value: index };
    });
    await hub.measure(unit, everyMinute);
    await hub.rollUp();
    const values: number[] = [];
    let from: number | null = FROM;
    while (from !== null) {
      const page = await hub.history(unit, { from, resolution: '1m' });
      values.push(...page.points.map(({ last }) => last));
      from = page.nextFromMs;
    }
    expect(values).toEqual(everyMinute.map(({ value }) => value));
  });
});
