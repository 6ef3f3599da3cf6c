import type { ReadingsDropped } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';

/** Readings that never reached the disk, by unit: as much as can be kept of them until it takes something again. */
export class LostReadings {
  readonly #gaps = new Map<UnitId, ReadingsDropped>();
  #total = 0;

  /** All there were since the start. */
  get total(): number {
    return this.#total;
  }

  /** Those that nothing on the disk tells of yet. */
  get gaps(): readonly ReadingsDropped[] {
    return [...this.#gaps.values()];
  }

  add(unitId: UnitId, readings: readonly Reading[]): void {
    this.#total += readings.length;
    for (const { measuredAtMs } of readings) {
      const gap = this.#gaps.get(unitId);
      this.#gaps.set(unitId, {
        unitId,
        fromMs: Math.min(gap?.fromMs ?? measuredAtMs, measuredAtMs),
        toMs: Math.max(gap?.toMs ?? measuredAtMs, measuredAtMs),
        count: (gap?.count ?? 0) + 1,
        reason: 'storage_full',
      });
    }
  }

  /** They are on the disk now. */
  stored(): void {
    this.#gaps.clear();
  }
}
