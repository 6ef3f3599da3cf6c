import { describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startSystem } from '../harness/system.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import type { HistoryAnswer } from '#protocol/http/units.ts';

/** Room for a few dozen readings, which a sensor fills in seconds. */
const OUTBOX_BYTES = 4_096;
const AWAY_MS = 8_000;
/** Between readings of the sensor. */
const PERIOD_MS = 200;

describe.skipIf(!firmwareIsBuilt())('an outbox that is too small for an outage', () => {
  it('drops the oldest readings, and the history shows how many and when', async () => {
    const system = await startSystem({
      units: ['light_sensor'],
      implementation: 'firmware',
      baseConfig: { outboxBytes: OUTBOX_BYTES },
      cleanup: atTestEnd,
    });
    const light = system.unit('light_sensor');
    // The description of the unit, which is sent first, fills such an outbox by itself.
    const startedMs = Date.now();
    await until('readings', async () => (await light.rawHistory(startedMs)).length > 3);
    const from = Date.now();
    await until('readings before', async () => (await light.rawHistory(from)).length > 3);
    await system.hub.stop();
    const leftMs = Date.now();
    await until('the outage is over', () => Date.now() - leftMs >= AWAY_MS);
    await system.hub.start();
    const backMs = Date.now();
    const { points, gaps } = await until(
      'the gap is reported, and readings flow again',
      async () => {
        const history = await light.history(from);
        const isAfter = history.points.some(({ atMs }) => atMs > backMs);
        // The first gap record was sent with the first dropped reading; the next one covers all
        // since.
        return lostIn(history) > 3 && isAfter ? history : undefined;
      },
      30_000,
    );
    expect(points.some(({ atMs }) => atMs < leftMs)).toBe(true);
    expect(gaps.some(({ fromMs, toMs }) => fromMs < backMs && toMs > leftMs)).toBe(true);
    for (const { reason, fromMs, toMs, count } of gaps) {
      expect(reason).toBe('outbox_full');
      // What was under way when those after it were dropped arrived all the same. Together they are
      // no more than were measured in that time, within one at each end.
      const arrived = points.filter(({ atMs }) => atMs > fromMs && atMs < toMs).length;
      expect(count + arrived).toBeLessThanOrEqual((toMs - fromMs) / PERIOD_MS + 2);
    }
  });
});

function lostIn({ gaps }: Pick<HistoryAnswer, 'gaps'>): number {
  return gaps.reduce((sum, { count }) => sum + count, 0);
}
