import { LIMITS } from '#protocol/limits.ts';
import type { CommandTask } from '../drivers/port/command-task.ts';

/**
 * The waiting commands of one unit: first in, first out past those that are backing
 * off, and bounded.
 */
export class CommandQueue {
  readonly #tasks: CommandTask[] = [];

  get length(): number {
    return this.#tasks.length;
  }

  /** The first that is not backing off. */
  next(nowMs: number): CommandTask | undefined {
    return this.#tasks.find(({ backoffUntilMs = 0 }) => backoffUntilMs <= nowMs);
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

  removeOne(task: CommandTask): void {
    this.remove((waiting) => waiting === task);
  }

  /** Whether another one that waits writes the same. */
  hasSameWrite(task: CommandTask): boolean {
    return this.#tasks.some((waiting) => isSameWrite(waiting, task));
  }

  /** A newer `set` replaces the one that waits; any newer write replaces one that backs off, which would arrive after it. */
  removeSuperseded(by: CommandTask, nowMs: number): CommandTask[] {
    return this.remove(
      (waiting) =>
        waiting.command.verb === 'set' &&
        isSameWrite(waiting, by) &&
        (by.command.verb === 'set' || (waiting.backoffUntilMs ?? 0) > nowMs),
    );
  }

  /** Those whose time is over, on the hub's clock. */
  removeExpired(hubNowMs: number): CommandTask[] {
    return this.remove(({ expiresAtMs }) => (expiresAtMs ?? Infinity) <= hubNowMs);
  }

  /** Removes those that match, in order. */
  remove(isPicked: (task: CommandTask) => boolean): CommandTask[] {
    const picked = this.#tasks.filter(isPicked);
    for (const task of picked) this.#tasks.splice(this.#tasks.indexOf(task), 1);
    return picked;
  }

  /** When the first backoff ends, on the monotonic clock. */
  nextBackedOffMs(nowMs: number): number | undefined {
    const times = this.#tasks.flatMap(({ backoffUntilMs = 0 }) => backoffUntilMs);
    const later = times.filter((atMs) => atMs > nowMs);
    return later.length === 0 ? undefined : Math.min(...later);
  }

  /** When the first of them runs out, on the base's clock. */
  nextExpiryMs(): number | undefined {
    const times = this.#tasks.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}

function isSameWrite({ command: one }: CommandTask, { command: other }: CommandTask): boolean {
  return one.affordance === other.affordance && one.operation === other.operation;
}
