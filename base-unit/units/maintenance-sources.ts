import type { UnitId } from '#protocol/ids.ts';
import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { Maintenance, MaintenanceTask } from './maintenance-task.ts';

/** Who has work on units, in the order in which they came; the first that has some goes first. */
export class MaintenanceSources implements Maintenance {
  readonly #sources: Maintenance[] = [];

  add(source: Maintenance): void {
    this.#sources.push(source);
  }

  connected(unitId: UnitId, identity: UnitIdentity): void {
    for (const source of this.#sources) source.connected(unitId, identity);
  }

  of(unitId: UnitId): MaintenanceTask | undefined {
    for (const source of this.#sources) {
      const task = source.of(unitId);
      if (task) return task;
    }
    return undefined;
  }

  removed(unitId: UnitId): void {
    for (const source of this.#sources) source.removed(unitId);
  }
}
