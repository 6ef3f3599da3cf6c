/** Readings that a unit sent, as `unit boot seq`. */
export type SentReadings = ReadonlyMap<
  string,
  { readonly unitId: string; readonly measuredAtMs: number }
>;

/** Readings that the history shows as given up. */
export interface DeclaredGap {
  readonly unitId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

export interface ReadingEvidence {
  readonly sent: SentReadings;
  readonly stored: { readonly rows: number; readonly keys: ReadonlySet<string> };
  readonly gaps: readonly DeclaredGap[];
  /**
   * Earlier times come from a clock that was not set. Then only the unit and the count of a
   * gap are valid: its times are those of its report.
   */
  readonly clockSetMs?: number | undefined;
}

export interface ReadingCounts {
  readonly sent: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly inDeclaredGaps: number;
  readonly lost: number;
}

export interface ReadingJudgement {
  readonly counts: ReadingCounts;
  readonly violations: readonly string[];
}

const EXAMPLES = 3;
/** Base and proxy each guess the start of the unit from when its reports came, which load delays. */
const TOLERANCE_MS = 1_000;

/**
 * Compares what was sent with what is stored. A missing reading counts as declared only within
 * the time of a gap of its own unit, and no more often than that unit's gaps count.
 */
export function checkReadings(evidence: ReadingEvidence): ReadingJudgement {
  const { sent, stored } = evidence;
  const missing = [...sent.keys()].filter((key) => !stored.keys.has(key));
  const madeUp = [...stored.keys].filter((key) => !sent.has(key));
  const lost = undeclared(missing, evidence);
  const duplicate = stored.rows - stored.keys.size;
  const violations: string[] = [];
  if (lost.length > 0) {
    violations.push(`${lost.length} readings are lost: ${lost.slice(0, EXAMPLES).join(', ')} …`);
  }
  if (duplicate > 0) violations.push(`${duplicate} readings are stored twice`);
  if (madeUp.length > 0) {
    violations.push(
      `${madeUp.length} readings are stored that nobody sent: ${madeUp.slice(0, EXAMPLES).join(', ')} …`,
    );
  }
  return {
    counts: {
      sent: sent.size,
      stored: stored.keys.size,
      duplicate,
      inDeclaredGaps: missing.length - lost.length,
      lost: lost.length,
    },
    violations,
  };
}

function undeclared(
  missing: readonly string[],
  { sent, gaps, clockSetMs = 0 }: ReadingEvidence,
): string[] {
  const open = gaps.map((gap) => ({ gap, left: gap.count }));
  return missing.filter((key) => {
    const reading = sent.get(key);
    const cover = open.find(
      ({ gap, left }) =>
        left > 0 &&
        gap.unitId === reading?.unitId &&
        (gap.toMs < clockSetMs ||
          (gap.fromMs - TOLERANCE_MS <= reading.measuredAtMs &&
            reading.measuredAtMs <= gap.toMs + TOLERANCE_MS)),
    );
    if (cover) cover.left -= 1;
    return !cover;
  });
}
