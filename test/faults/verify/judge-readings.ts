export interface ReadingEvidence {
  /** What the units sent, as `unit boot seq`. */
  readonly sent: ReadonlySet<string>;
  readonly stored: { readonly rows: number; readonly keys: ReadonlySet<string> };
  /** Readings that the history shows as given up. */
  readonly declared: number;
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

/** Compares what was sent with what is stored. */
export function judgeReadings({ sent, stored, declared }: ReadingEvidence): ReadingJudgement {
  const missing = [...sent].filter((key) => !stored.keys.has(key));
  const madeUp = [...stored.keys].filter((key) => !sent.has(key));
  const lost = Math.max(0, missing.length - declared);
  const duplicate = stored.rows - stored.keys.size;
  const violations: string[] = [];
  if (lost > 0) {
    violations.push(`${lost} readings are lost: ${missing.slice(0, EXAMPLES).join(', ')} …`);
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
      inDeclaredGaps: Math.min(declared, missing.length),
      lost,
    },
    violations,
  };
}
