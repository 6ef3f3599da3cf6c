import type { Value } from '#protocol/unit-link/unit_link_pb.ts';

export interface Sample {
  readonly seq: number;
  readonly pid: number;
  readonly uptimeMs: number;
  /** Undefined where the value is too large to be kept: text and data. */
  readonly value: Value | undefined;
}

/** As many as a board has room for (firmware/core/sample_ring.h). */
export const RING_SAMPLES = 128;

/** The newest samples, for a base that was away for a while (docs/unit-link.md section 10). */
export class SampleRing {
  readonly #samples: Sample[] = [];
  #nextSeq = 1;

  get nextSeq(): number {
    return this.#nextSeq;
  }

  get oldestSeq(): number {
    return this.#nextSeq - this.#samples.length;
  }

  push(pid: number, uptimeMs: number, value: Value): void {
    const { case: kind } = value.kind;
    const isKept = kind !== 'text' && kind !== 'data';
    this.#samples.push({ seq: this.#nextSeq, pid, uptimeMs, value: isKept ? value : undefined });
    this.#nextSeq += 1;
    if (this.#samples.length > RING_SAMPLES) this.#samples.shift();
  }

  at(seq: number): Sample | undefined {
    return this.#samples[seq - this.oldestSeq];
  }

  holds(pid: number, uptimeMs: number): boolean {
    return this.#samples.some((sample) => sample.pid === pid && sample.uptimeMs === uptimeMs);
  }

  clear(): void {
    this.#samples.length = 0;
    this.#nextSeq = 1;
  }
}
