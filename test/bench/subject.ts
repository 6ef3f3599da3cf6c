import type { CostMeter } from './cost/cost-meter.ts';

/** Something that carries a command to a unit and its result back to the client. */
export interface Subject {
  readonly roundTrip: (slot: number) => Promise<void>;
}

/** One whose costs are counted while it carries. */
export interface MeteredSubject extends Subject {
  readonly meter: CostMeter;
}

/** Results that clients wait for, by the id of the command. */
export class Arrivals {
  readonly #waiting = new Map<string, () => void>();

  /** Settles when the id has arrived; fails after thirty seconds, which no bench survives. */
  next(id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no result for ${id} within 30 s`));
      }, 30_000);
      this.#waiting.set(id, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  arrived(id: string): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}
