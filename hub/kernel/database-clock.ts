import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';

export interface DatabaseClockDeps {
  readonly machine: Clock;
  readonly log: Logger;
}

/** One answer of the database, and when it was requested by {@link Clock.monotonicMs}. */
export interface DatabaseTime {
  readonly databaseMs: number;
  readonly requestedMs: number;
}

/** Clocks that are kept by NTP agree better than this: such a difference is left alone. */
const AGREE_MS = 200;
/** A difference that somebody should know of. */
const WARN_MS = 2_000;

/**
 * The wall clock of a hub among others: the machine's, moved to that of the database where
 * they differ. Hubs whose machines disagree would let a command expire at one before its time
 * at another, and mark a base offline that was just there.
 */
export class DatabaseClock implements Clock {
  readonly #machine: Clock;
  readonly #log: Logger;
  #correctionMs = 0;
  #differenceMs: number | undefined;
  #isWarned = false;

  constructor({ machine, log }: DatabaseClockDeps) {
    this.#machine = machine;
    this.#log = log;
  }

  readonly nowMs = (): number => this.#machine.nowMs() + this.#correctionMs;

  readonly monotonicMs: Clock['monotonicMs'] = () => this.#machine.monotonicMs();

  readonly after: Clock['after'] = (delayMs, run) => this.#machine.after(delayMs, run);

  /** How far the database's clock is ahead of the machine's; undefined: never compared. */
  get differenceMs(): number | undefined {
    return this.#differenceMs;
  }

  /** An answer has just come. */
  compare({ databaseMs, requestedMs }: DatabaseTime): void {
    const halfTripMs = (this.#machine.monotonicMs() - requestedMs) / 2;
    const differenceMs = Math.round(databaseMs + halfTripMs - this.#machine.nowMs());
    this.#differenceMs = differenceMs;
    const isWithin = (ms: number): boolean => Math.abs(ms) <= AGREE_MS + halfTripMs;
    if (!isWithin(differenceMs - this.#correctionMs)) {
      this.#correctionMs = isWithin(differenceMs) ? 0 : differenceMs;
    }
    this.#warn(Math.abs(differenceMs) - halfTripMs > WARN_MS);
  }

  #warn(isFar: boolean): void {
    if (isFar === this.#isWarned) return;
    this.#isWarned = isFar;
    const differenceMs = this.#differenceMs;
    if (isFar)
      this.#log.warn({ differenceMs }, 'clock of this machine differs from that of the database');
    else this.#log.info({ differenceMs }, 'clock of this machine agrees with that of the database');
  }
}
