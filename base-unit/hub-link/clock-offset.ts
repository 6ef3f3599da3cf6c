import type { ClockQuality } from '#protocol/reading.ts';
import type { Clock } from '../clock.ts';

/** A measurement older than this vouches for nothing any more. */
const STALE_AFTER_MS = 1_800_000;

interface Measured {
  readonly offsetMs: number;
  readonly atMonotonicMs: number;
}

/** What to add to the base's clock to get the hub's (docs/channels.md section 5). */
export class ClockOffset {
  readonly #clock: Clock;
  #measured: Measured | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** undefined: never measured. */
  get offsetMs(): number | undefined {
    return this.#measured?.offsetMs;
  }

  /** The hub's clock, as well as it is known. */
  hubNowMs(): number {
    return this.#clock.nowMs() + (this.#measured?.offsetMs ?? 0);
  }

  quality(): ClockQuality {
    if (!this.#measured) return 'free-running';
    const ageMs = this.#clock.monotonicMs() - this.#measured.atMonotonicMs;
    return ageMs < STALE_AFTER_MS ? 'synced' : 'free-running';
  }

  /** Asks several times; the answer with the shortest round trip is the best. */
  async measure(ask: () => Promise<number>, times = 3): Promise<void> {
    let best: { readonly offsetMs: number; readonly roundTripMs: number } | undefined;
    for (let time = 0; time < times; time += 1) {
      const sentAtMs = this.#clock.monotonicMs();
      const sentWallMs = this.#clock.nowMs();
      const hubTimeMs = await ask();
      const roundTripMs = this.#clock.monotonicMs() - sentAtMs;
      const offsetMs = hubTimeMs - (sentWallMs + roundTripMs / 2);
      if (!best || roundTripMs < best.roundTripMs) best = { offsetMs, roundTripMs };
    }
    if (!best) return;
    // What the round trip can hide is no difference: clocks that agree are left alone.
    const isReal = Math.abs(best.offsetMs) > best.roundTripMs / 2;
    const offsetMs = isReal ? best.offsetMs : 0;
    this.#measured = { offsetMs, atMonotonicMs: this.#clock.monotonicMs() };
  }
}
