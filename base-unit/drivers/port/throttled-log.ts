import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';

const EVERY_MS = 10_000;

/** Warnings about one unit, of which a unit that misbehaves makes as many as it likes: one line in a while. */
export class ThrottledLog {
  readonly #deps: { readonly clock: Clock; readonly log: Logger };
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#deps = deps;
  }

  warn(fields: Readonly<Record<string, number>>, message: string): void {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#warnedAtMs < EVERY_MS) return;
    this.#warnedAtMs = now;
    this.#deps.log.warn(fields, message);
  }
}
