/** Sequence numbers from and to, both included. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
}

export function isSettled(ranges: readonly SeqRange[], seq: number): boolean {
  return ranges.some((range) => range.from <= seq && seq <= range.to);
}

/** The ranges with further numbers in them: sorted, none touching another. */
export function settle(ranges: readonly SeqRange[], seqs: readonly number[]): SeqRange[] {
  const all = [...ranges, ...seqs.map((seq) => ({ from: seq, to: seq }))];
  all.sort((a, b) => a.from - b.from);
  const merged: SeqRange[] = [];
  for (const range of all) {
    const last = merged.at(-1);
    if (last && range.from <= last.to + 1) {
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else {
      merged.push(range);
    }
  }
  return merged;
}
