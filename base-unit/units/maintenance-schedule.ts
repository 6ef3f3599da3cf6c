import type { Clock } from '#platform/clock.ts';
import { Timers } from '#platform/timers.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { Maintenance, MaintenanceTask } from './maintenance-task.ts';

export interface MaintenanceScheduleDeps {
  readonly clock: Clock;
  readonly unitId: UnitId;
  /** Undefined: none is ever due. */
  readonly maintenance: Maintenance | undefined;
  /** Some is due now that was not before. */
  readonly due: () => void;
  /** The turn of the commands is over. */
  readonly turn: () => void;
}

/** When the maintenance of one unit is due. */
export class MaintenanceSchedule {
  readonly #deps: MaintenanceScheduleDeps;
  /** `turn` is set between two steps, so that long maintenance does not starve the others. */
  readonly #timers: Timers<'due' | 'turn'>;

  constructor(deps: MaintenanceScheduleDeps) {
    this.#deps = deps;
    this.#timers = new Timers(deps.clock);
  }

  /** The unit said hello in a new session. */
  connected(identity: UnitIdentity): void {
    this.#deps.maintenance?.connected(this.#deps.unitId, identity);
  }

  /** What is due. Sets a timer for what is not due yet. */
  next(): MaintenanceTask | undefined {
    const { clock, due, maintenance, unitId } = this.#deps;
    this.#timers.cancel('due');
    if (this.#timers.has('turn')) return undefined;
    const task = maintenance?.of(unitId);
    if (!task || task.dueAtMs === Infinity) return undefined;
    const restMs = task.dueAtMs - clock.monotonicMs();
    if (restMs <= 0) return task;
    this.#timers.set('due', restMs, due);
    return undefined;
  }

  /** After a step: whatever else is due goes first. */
  yieldTurn(): void {
    this.#timers.set('turn', 0, this.#deps.turn);
  }

  close(): void {
    this.#timers.clear();
  }
}
