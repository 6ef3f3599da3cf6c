import { describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { startSystem } from '../harness/system.ts';
import { TcpRelay } from '../harness/tcp-relay.ts';
import { firmwareIsBuilt, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

/** The sensor samples five times a second here, so it keeps the last 25 s. */
const STEP_MS = 1_000;

describe.skipIf(!firmwareIsBuilt())('samples (on the C++ light sensor: npm run build)', () => {
  it('bridge cuts between base and unit: the hub has each of them once', async () => {
    const system = await startSystem({
      units: ['lamp'],
      implementation: 'firmware',
      cleanup: atTestEnd,
    });
    const sensor = new UnitProcess({
      kind: 'light_sensor',
      id: 'light-2',
      implementation: 'firmware',
      cleanup: atTestEnd,
    });
    await sensor.start();
    const relay = await TcpRelay.start(() => sensor.port, atTestEnd);
    const fromMs = Date.now() - 60_000;
    const { id } = await system.addUnit(system.baseId, 'Light', relay.port);
    const unit = system.unitById(id);
    const socket = await system.watch();
    const reported = () =>
      socket
        .seen('readings.added')
        .filter(({ unitId }) => unitId === id)
        .flatMap(({ readings }) => readings);
    await unit.ready();
    for (let cut = 0; cut < 2; cut += 1) {
      const before = reported().length;
      await until('readings flow', () => reported().length > before + 2);
      const last = reported().at(-1);
      relay.cut();
      await until('the link is lost', async () => (await unit.view()).presence.state === 'lost');
      const cutAtMs = Date.now();
      await until('there are samples to keep', () => Date.now() - cutAtMs > 4 * STEP_MS);
      relay.mend();
      await until(
        'what was missed has come',
        () => (reported().at(-1)?.seq ?? 0) > (last?.seq ?? 0) + 4,
        30_000,
      );
    }
    expect(relay.accepted).toBeGreaterThanOrEqual(3);

    const seqs = reported().map(({ seq }) => seq);
    const [first = 0] = seqs;
    expect(seqs).toEqual(seqs.map((_seq, index) => first + index));
    // The longest cut left readings that were received well after they were measured.
    const late = reported().filter((one) => one.receivedAtMs - one.measuredAtMs > 2 * STEP_MS);
    expect(late.length).toBeGreaterThan(0);
    for (const { measuredAtMs, receivedAtMs } of reported()) {
      expect(measuredAtMs).toBeLessThanOrEqual(receivedAtMs);
    }
    const times = reported()
      .filter(({ property }) => property === 'illuminance')
      .map(({ measuredAtMs }) => measuredAtMs);
    const stored = await unit.rawHistory(fromMs);
    expect(stored.map(({ atMs }) => atMs).slice(0, times.length)).toEqual(times);
    const steps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
    expect(Math.max(...steps)).toBeLessThan(2 * STEP_MS);
  });
});
