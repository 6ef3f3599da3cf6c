import type { UnitId } from '#protocol/ids.ts';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import type { RawBase } from '../harness/raw-base.ts';

const EVENTS_PER_BATCH = 20;
const READINGS_PER_EVENT = 50;
const BATCHES_IN_FLIGHT = 4;

/** Signed batches of new readings, one after the other. */
export class ReadingBatches {
  readonly #base: RawBase;
  readonly #unitId: UnitId;
  #seq = 0;
  #reading = 0;

  constructor(base: RawBase, unitId: UnitId) {
    this.#base = base;
    this.#unitId = unitId;
  }

  next(events: number, readingsPerEvent: number): string {
    const atMs = Date.now();
    const made = Array.from({ length: events }, () => {
      this.#seq += 1;
      const readings = Array.from({ length: readingsPerEvent }, () => {
        this.#reading += 1;
        const times = { measuredAtMs: atMs, receivedAtMs: atMs };
        const seq = this.#reading;
        return { property: 'illuminance', value: seq / 7, ...times, clock: 'synced', seq };
      });
      const data = { unitId: this.#unitId, bootId: '0000abcd', readings };
      return { seq: this.#seq, type: 'readings.recorded', data };
    });
    return this.#base.batch(made);
  }

  /** @returns how many events the hub accepted. */
  async post(body: string): Promise<number> {
    const answer = await this.#base.post(body);
    if (answer.status !== 200) throw new Error(`the hub answered ${answer.status}`);
    const { accepted, refused } = BatchReceipt.parse(JSON.parse(answer.text));
    if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused[0])}`);
    return accepted;
  }
}

/**
 * Posts signed batches of readings as fast as the hub accepts them. What it
 * gives may be called again and again: each run goes on where the last one
 * ended, since the hub stores nothing twice.
 *
 * @returns a run of so many milliseconds; it answers how many readings were stored per second.
 */
export function readingsLoad(
  base: RawBase,
  unitId: UnitId,
): (durationMs: number) => Promise<number> {
  const batches = new ReadingBatches(base, unitId);
  return async (durationMs) => {
    let stored = 0;
    const startMs = performance.now();
    const worker = async (): Promise<void> => {
      while (performance.now() - startMs < durationMs) {
        const body = batches.next(EVENTS_PER_BATCH, READINGS_PER_EVENT);
        stored += (await batches.post(body)) * READINGS_PER_EVENT;
      }
    };
    await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, worker));
    return stored / ((performance.now() - startMs) / 1_000);
  };
}
