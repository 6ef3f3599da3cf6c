import { expect, it } from 'vitest';
import { HistoryAnswer } from '#protocol/http/units.ts';
import { describeOnFirmware } from '../harness/describe-system.ts';
import { until } from '#platform/testing/until.ts';

describeOnFirmware('a reading', (system) => {
  it('arrives live on the channel of the site', async () => {
    const light = system().unit('light_sensor');
    const socket = await system().watch();
    const { readings } = await socket.delta('readings.added', ({ unitId }) => unitId === light.id);
    expect(readings[0]).toMatchObject({ property: 'illuminance' });
    expect(readings[0]?.value).toBeTypeOf('number');
    expect(Math.abs((readings[0]?.measuredAtMs ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it('is in the history, once each, in buckets or raw', async () => {
    const light = system().unit('light_sensor');
    const from = Date.now() - 60_000;
    const query = (resolution: string): Promise<HistoryAnswer> =>
      system().api.get(
        HistoryAnswer,
        `/api/units/${light.id}/history?property=illuminance&from=${from}&to=${Date.now() + 1_000}&resolution=${resolution}`,
      );
    const raw = await until('ten readings are stored', async () => {
      const answer = await query('raw');
      return answer.points.length >= 10 ? answer : undefined;
    });
    const times = raw.points.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    const minutes = await query('1m');
    expect(minutes.bucketMs).toBe(60_000);
    for (const { min, max, mean, last, count } of minutes.points) {
      expect(min).toBeLessThanOrEqual(mean);
      expect(mean).toBeLessThanOrEqual(max);
      expect(last).toBeGreaterThanOrEqual(min);
      expect(count).toBeGreaterThan(0);
    }
  });

  it('keeps the order of its unit on the channel', async () => {
    const light = system().unit('light_sensor');
    const socket = await system().watch();
    const seqs = await until('twenty readings came', () => {
      const found = socket
        .seen('readings.added')
        .filter(({ unitId }) => unitId === light.id)
        .flatMap(({ readings }) => readings)
        .filter(({ property }) => property === 'illuminance')
        .map(({ seq }) => seq);
      return found.length >= 20 ? found : undefined;
    });
    const [first = 0] = seqs;
    const gapless = seqs.map((_seq, index) => first + index);
    expect(seqs).toEqual(gapless);
  });

  it('of something that is no number has no history', async () => {
    const path = `/api/units/${system().unit('lamp').id}/history?property=color&from=0&to=1`;
    expect(await system().api.refused('GET', path)).toEqual({
      status: 422,
      code: 'property_not_numeric',
    });
  });
});
