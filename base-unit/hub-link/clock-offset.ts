import { MAX_CLOCK_OFFSET_MS } from '#protocol/hub-link/base-events.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { Clock } from '#platform/clock.ts';

/** The wall and the monotonic clock are read one after the other, and the first in whole milliseconds. */
const READING_ERROR_MS = 20;
/** An HTTP Date has whole seconds: on average half of one has gone by. */
const DATE_CENTRE_MS = 500;
/** A measurement older than this vouches for nothing any more. */
const STALE_AFTER_MS = 1_800_000;

/** A clock that is earlier was never set: a board without a battery wakes up in 1970. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);

interface Measured {
  /** The hub's clock minus the monotonic one, which nobody sets. */
  readonly hubMinusMonotonicMs: number;
  /** Hub's clock minus the wall clock at that time. */
  readonly offsetMs: number;
  readonly atMonotonicMs: number;
  /** Only from the Date header of an HTTP answer. */
  readonly isCoarse: boolean;
}

/** The hub's clock, as the base knows it (docs/channels.md section 5). */
export class ClockOffset {
  readonly #clock: Clock;
  #measured: Measured | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to add to the wall clock now to get the hub's. undefined: never measured. */
  get offsetMs(): number | undefined {
    if (!this.#measured) return undefined;
    const { hubMinusMonotonicMs, offsetMs } = this.#measured;
    const nowMs = hubMinusMonotonicMs + this.#clock.monotonicMs() - this.#clock.nowMs();
    // As measured, unless the wall clock was set since.
    return Math.abs(nowMs - offsetMs) < READING_ERROR_MS ? offsetMs : nowMs;
  }

  /** The hub's clock, as well as it is known; no jump of the wall clock moves it. */
  hubNowMs(): number {
    if (!this.#measured) return this.#clock.nowMs();
    return this.#measured.hubMinusMonotonicMs + this.#clock.monotonicMs();
  }

  quality(): ClockQuality {
    if (!this.#measured) return this.#clock.nowMs() < EARLIEST_MS ? 'none' : 'free-running';
    if (this.#measured.isCoarse) return 'free-running';
    const ageMs = this.#clock.monotonicMs() - this.#measured.atMonotonicMs;
    return ageMs < STALE_AFTER_MS ? 'synced' : 'free-running';
  }

  /** Measures several times; the answer with the shortest round trip is the best. */
  async measure(measure: () => Promise<number>, times = 3): Promise<void> {
    let best: (Omit<Measured, 'atMonotonicMs' | 'isCoarse'> & { roundTripMs: number }) | undefined;
    for (let time = 0; time < times; time += 1) {
      const sentAtMs = this.#clock.monotonicMs();
      const sentWallMs = this.#clock.nowMs();
      const hubTimeMs = await measure();
      const roundTripMs = this.#clock.monotonicMs() - sentAtMs;
      if (!Number.isFinite(hubTimeMs) || (best && best.roundTripMs <= roundTripMs)) continue;
      const offsetMs = hubTimeMs - (sentWallMs + roundTripMs / 2);
      // What the round trip can hide is no difference: clocks that agree are left alone.
      const isReal = Math.abs(offsetMs) > roundTripMs / 2;
      best = {
        roundTripMs,
        offsetMs: isReal ? offsetMs : 0,
        hubMinusMonotonicMs: isReal
          ? hubTimeMs - roundTripMs / 2 - sentAtMs
          : sentWallMs - sentAtMs,
      };
    }
    if (!best || !isPossible(best.offsetMs)) return;
    const { hubMinusMonotonicMs, offsetMs } = best;
    const atMonotonicMs = this.#clock.monotonicMs();
    this.#measured = { hubMinusMonotonicMs, offsetMs, atMonotonicMs, isCoarse: false };
  }

  /** The hub refused our time; its answer's Date header has the right one. */
  learnFrom(dateMs: number): void {
    const hubTimeMs = dateMs + DATE_CENTRE_MS;
    // No clock is off by more: larger values are not trusted, and could not be reported to the hub.
    if (!isPossible(hubTimeMs - this.#clock.nowMs())) return;
    const atMonotonicMs = this.#clock.monotonicMs();
    this.#measured = {
      hubMinusMonotonicMs: hubTimeMs - atMonotonicMs,
      offsetMs: hubTimeMs - this.#clock.nowMs(),
      atMonotonicMs,
      isCoarse: true,
    };
  }
}

/** False also for NaN. */
function isPossible(offsetMs: number): boolean {
  return Math.abs(offsetMs) <= MAX_CLOCK_OFFSET_MS;
}
