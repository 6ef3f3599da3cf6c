import type { ReadingsDropped } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';

/**
 * Readings that never reached the disk, by unit and reason: kept in memory until the
 * disk accepts writes again.
 */
export class LostReadings {
  readonly #gaps = new Map<string, ReadingsDropped>();
  #total = 0;

  /** All that were here and could not be stored, since the start. */
  get total(): number {
    return this.#total;
  }

  /** Those not yet recorded on disk. */
  get gaps(): readonly ReadingsDropped[] {
    return [...this.#gaps.values()];
  }

  add(unitId: UnitId, readings: readonly Reading[]): void {
    this.#total += readings.length;
    for (const { measuredAtMs } of readings) {
      const times = { fromMs: measuredAtMs, toMs: measuredAtMs };
      this.note({ unitId, ...times, count: 1, reason: 'storage_full' });
    }
  }

  note(gap: ReadingsDropped): void {
    const key = `${gap.unitId} ${gap.reason}`;
    const before = this.#gaps.get(key);
    this.#gaps.set(key, {
      ...gap,
      fromMs: Math.min(before?.fromMs ?? gap.fromMs, gap.fromMs),
      toMs: Math.max(before?.toMs ?? gap.toMs, gap.toMs),
      count: (before?.count ?? 0) + gap.count,
    });
  }

  /** They are on the disk now. */
  stored(): void {
    this.#gaps.clear();
  }
}
