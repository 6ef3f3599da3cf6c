/** The last sample of a unit's boot that this base has. */
export interface SampleMark {
  readonly bootId: string;
  readonly seq: number;
  /** When it was measured, on the base's clock. */
  readonly measuredAtMs: number;
}

/** Samples that the unit took and could not store until we reconnected. */
export interface MissedSamples {
  readonly bootId: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  /** The last sample before them and the first after, on the base's clock. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Samples are numbered by 32 bits (docs/unit-link.md section 10). */
const LAST_SEQ = 0xffff_ffff;
/** More than any unit takes: one that claims more is lying. */
const MAX_SAMPLES_PER_MS = 1;
/** The most that may be missing at once: reports above the rate limit are dropped. */
const MAX_MISSED_AT_ONCE = 1_000_000;

export interface CursorStep {
  /** The numbers cannot be true: there were not so many samples. Nothing of the report counts. */
  readonly isLie?: true;
  /** How many values of the report have been here before; they are its first. */
  readonly repeated: number;
  readonly missed: MissedSamples | undefined;
}

/**
 * Tracks which samples of a unit have arrived (docs/unit-link.md section 10). A unit
 * numbers them, sends them in order and starts over at a boot; so one number shows what
 * is new, duplicate or missing.
 */
export class SampleCursor {
  #mark: SampleMark | undefined;
  /** The expected next sample; undefined: the unit does not number them. */
  #nextSeq: number | undefined;

  constructor(mark: SampleMark | undefined) {
    this.#mark = mark;
  }

  /** What to request from a unit of this boot: everything after the returned sample. */
  connected(bootId: string): number {
    this.#nextSeq = undefined;
    if (this.#mark?.bootId !== bootId) this.#mark = undefined;
    return this.#mark?.seq ?? 0;
  }

  /** The unit's answer: it continues with this sample. */
  resumed(nextSeq: number): void {
    // Fewer samples than we have had: another boot that happens to have this one's id.
    if (this.#mark && nextSeq <= this.#mark.seq) this.#mark = undefined;
    // Without a mark, earlier samples were not meant for us.
    this.#nextSeq = this.#mark ? this.#mark.seq + 1 : nextSeq;
  }

  /** A report of `count` values has arrived, of which the first is sample `seq`. */
  advance(
    report: { readonly seq: number; readonly count: number; readonly measuredAtMs: number },
    bootId: string,
  ): CursorStep {
    const { seq, count, measuredAtMs } = report;
    const mark = this.#mark;
    const repeated = Math.min(count, Math.max(0, (mark?.seq ?? 0) + 1 - seq));
    if (repeated === count) return { repeated, missed: undefined };
    const fromSeq = this.#nextSeq ?? seq;
    const lost = seq - fromSeq;
    const lastSeq = seq + count - 1;
    const elapsedMs = Math.max(0, measuredAtMs - (mark?.measuredAtMs ?? measuredAtMs));
    const maxLost = MAX_MISSED_AT_ONCE + elapsedMs * MAX_SAMPLES_PER_MS;
    if (lastSeq > LAST_SEQ || lost > maxLost) return { repeated, missed: undefined, isLie: true };
    const missed =
      lost > 0
        ? {
            ...{ bootId, fromSeq, toSeq: seq - 1, count: lost },
            ...{ fromMs: mark?.measuredAtMs ?? measuredAtMs, toMs: measuredAtMs },
          }
        : undefined;
    this.#mark = { bootId, seq: lastSeq, measuredAtMs };
    if (this.#nextSeq !== undefined) this.#nextSeq = lastSeq + 1;
    return { repeated, missed };
  }
}
