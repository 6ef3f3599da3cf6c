/** Two crystals of ±100 ppm each, the unit's and the base's, may part at this rate. */
export const MAX_DRIFT = 200e-6;
/** The unit reports whole milliseconds, so its clock may have been up to one ahead. */
const RESOLUTION_MS = 1;

/** When, on the base's monotonic clock, the unit's uptime was 0: somewhere in here. */
interface BootInterval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The knowledge at one moment. */
interface Anchor extends BootInterval {
  readonly atMs: number;
}

/** The first exchange of a link. */
interface LinkStart {
  /** Later reports have a greater uptime, so none of it is uncertain. */
  readonly uptimeMs: number;
  readonly bootAtMs: number;
}

/**
 * Converts a unit's uptime to the base's time (docs/unit-link.md section 9).
 *
 * Kept against the monotonic clock, so that a jump of the wall clock between hello and
 * report moves no reading.
 *
 * Each exchange shows: at some moment between request and answer, the uptime was this.
 * That gives an interval for the boot time; the shorter the delay, the narrower. Since
 * the clocks drift, older knowledge is widened with its age by {@link MAX_DRIFT} and
 * then intersected with the new interval: a slow answer cannot spoil a fast one, and
 * drift does not accumulate. A report can only arrive after it was measured, so it
 * bounds the boot time from above.
 *
 * While the clocks keep to the drift, the middle of the interval is off by at most half
 * its width: half the delay of the fastest answer, plus {@link MAX_DRIFT} of the time
 * since.
 */
export class UnitTime {
  #bootId: string | undefined;
  #now: Anchor | undefined;
  /** From the end of the previous link to the start of this one: stored samples lie in between. */
  #before: Anchor | undefined;
  #since: LinkStart | undefined;

  /** A connection to the unit was made; another boot has another clock. */
  connected(bootId: string): void {
    this.#before = bootId === this.#bootId ? this.#now : undefined;
    if (bootId !== this.#bootId) this.#now = undefined;
    this.#bootId = bootId;
    this.#since = undefined;
  }

  /** The unit reported `uptimeMs` in an exchange sent and received at these monotonic times. */
  sample(uptimeMs: number, sentAtMs: number, receivedAtMs: number): void {
    this.#learn(receivedAtMs, {
      fromMs: sentAtMs - uptimeMs - RESOLUTION_MS,
      toMs: receivedAtMs - uptimeMs,
    });
    if (this.#now) this.#since ??= { uptimeMs, bootAtMs: middle(this.#now) };
  }

  /** How long ago something happened that arrives now. */
  ageMs(uptimeMs: number, monotonicNowMs: number): number {
    const latestBoot = monotonicNowMs - uptimeMs;
    this.#learn(monotonicNowMs, { fromMs: Number.NEGATIVE_INFINITY, toMs: latestBoot });
    return Math.max(0, latestBoot - this.#bootAtMs(uptimeMs));
  }

  /** The error bound of {@link ageMs} for a current measurement. */
  uncertaintyMs(monotonicNowMs: number): number {
    if (!this.#now) return Number.POSITIVE_INFINITY;
    const { fromMs, toMs } = widened(this.#now, monotonicNowMs);
    return (toMs - fromMs) / 2;
  }

  #learn(atMs: number, seen: BootInterval): void {
    const known = this.#now && widened(this.#now, atMs);
    const fromMs = Math.max(known?.fromMs ?? seen.fromMs, seen.fromMs);
    const toMs = Math.min(known?.toMs ?? seen.toMs, seen.toMs);
    // What contradicts all that was known (a clock beyond its tolerance) is believed alone.
    const isWhole = fromMs <= toMs;
    const lower = isWhole ? fromMs : seen.fromMs;
    const upper = isWhole ? toMs : seen.toMs;
    this.#now = {
      atMs,
      fromMs: Number.isFinite(lower) ? lower : upper,
      toMs: upper,
    };
  }

  /** Between two links, in proportion: what a crystal drifted, it drifted evenly. */
  #bootAtMs(uptimeMs: number): number {
    const [before, since] = [this.#before, this.#since];
    if (before && since) {
      const gapMs = since.uptimeMs - uptimeOf(before);
      const share = (since.uptimeMs - uptimeMs) / gapMs;
      if (gapMs > 0 && share > 0) {
        return since.bootAtMs + (middle(before) - since.bootAtMs) * Math.min(1, share);
      }
    }
    return this.#now ? middle(this.#now) : 0;
  }
}

function uptimeOf(anchor: Anchor): number {
  return anchor.atMs - middle(anchor);
}

function widened({ atMs, fromMs, toMs }: Anchor, nowMs: number): BootInterval {
  const drift = MAX_DRIFT * Math.max(0, nowMs - atMs);
  return { fromMs: fromMs - drift, toMs: toMs + drift };
}

function middle({ fromMs, toMs }: BootInterval): number {
  return (fromMs + toMs) / 2;
}
