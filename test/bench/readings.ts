import type { UnitId } from '#protocol/ids.ts';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import type { RawBase } from '../harness/raw-base.ts';

const EVENTS_PER_BATCH = 20;
const READINGS_PER_EVENT = 50;
const BATCHES_IN_FLIGHT = 4;

/**
 * Posts signed batches of readings as fast as the hub takes them. What it
 * gives may be called again and again: each run goes on where the last one
 * ended, since the hub stores nothing twice.
 *
 * @returns a run of so many milliseconds; it answers how many readings were stored per second.
 */
export function readingsLoad(
  base: RawBase,
  unitId: UnitId,
): (durationMs: number) => Promise<number> {
  const counters = { seq: 0, reading: 0 };
  const nextBatch = (): string => {
    const atMs = Date.now();
    const events = Array.from({ length: EVENTS_PER_BATCH }, () => {
      counters.seq += 1;
      const readings = Array.from({ length: READINGS_PER_EVENT }, () => {
        counters.reading += 1;
        const times = { measuredAtMs: atMs, receivedAtMs: atMs };
        const seq = counters.reading;
        return { property: 'illuminance', value: seq / 7, ...times, clock: 'synced', seq };
      });
      const data = { unitId, bootId: '0000abcd', readings };
      return { seq: counters.seq, type: 'readings.recorded', data };
    });
    return base.batch(events);
  };
  return async (durationMs) => {
    let stored = 0;
    const startMs = performance.now();
    const worker = async (): Promise<void> => {
      while (performance.now() - startMs < durationMs) {
        const answer = await base.post(nextBatch());
        if (answer.status !== 200) throw new Error(`the hub answered ${answer.status}`);
        const { accepted, refused } = BatchReceipt.parse(JSON.parse(answer.text));
        if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused[0])}`);
        stored += accepted * READINGS_PER_EVENT;
      }
    };
    await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, worker));
    return stored / ((performance.now() - startMs) / 1_000);
  };
}
