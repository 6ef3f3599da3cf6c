import { LIMITS } from '#protocol/limits.ts';
import type { CommandTask } from '../commands/command-task.ts';

/** The commands that wait for one unit: first in, first out, and bounded. */
export class CommandQueue {
  readonly #tasks: CommandTask[] = [];

  get length(): number {
    return this.#tasks.length;
  }

  get head(): CommandTask | undefined {
    return this.#tasks[0];
  }

  /** False: full. */
  push(task: CommandTask): boolean {
    if (this.#tasks.length >= LIMITS.queuedCommandsPerUnit) return false;
    this.#tasks.push(task);
    return true;
  }

  /** Back to the head, where it came from: for a command that is tried again. */
  unshift(task: CommandTask): void {
    this.#tasks.unshift(task);
  }

  shift(): CommandTask | undefined {
    return this.#tasks.shift();
  }

  /** Takes out those that a test picks, in their order. */
  take(isPicked: (task: CommandTask) => boolean): CommandTask[] {
    const picked = this.#tasks.filter(isPicked);
    for (const task of picked) this.#tasks.splice(this.#tasks.indexOf(task), 1);
    return picked;
  }

  /** When the first of them runs out, on the base's clock. */
  nextExpiryMs(): number | undefined {
    const times = this.#tasks.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
