/** What a batch that timed out is divided by, since a line may be slow ... */
const SHRINK_BY = 8;
/**
 * ... for which one of this size timed out for another reason: the next try fits into
 * one packet.
 */
const SMALL_BYTES = 16_384;
const ONE_PACKET_BYTES = 400;
const FIRST_PROBE_MS = 10_000;
const LAST_PROBE_MS = 600_000;
/** A large one that is tried by then has failed or got through so much later; without either, nothing is held back. */
const PROBE_DURATION_MS = 30_000;

/**
 * How large batches may be. Some paths swallow large packets without a word,
 * and a slow line does not carry a full batch in time: after a timeout
 * batches shrink, down to one event, and a full one is tried again after a
 * while, which doubles with each failure.
 */
export class BatchSize {
  readonly #fullBytes: number;
  #maxBytes: number;
  /** What got through since they shrank. */
  #acceptedBytes: number | undefined;
  /** What did not, of late. */
  #failedBytes = 0;
  #probeAtMs = 0;
  #probeWaitMs = FIRST_PROBE_MS;

  constructor(fullBytes: number) {
    this.#fullBytes = fullBytes;
    this.#maxBytes = fullBytes;
  }

  /** Small messages get through, and large ones do not. */
  isPathNarrow(nowMs: number): boolean {
    return this.#acceptedBytes !== undefined && nowMs < this.#probeAtMs + PROBE_DURATION_MS;
  }

  /** Of the next batch; one that has a single event may be larger once a full one is due. */
  maxBytes(nowMs: number): number {
    return this.#isReduced && nowMs < this.#probeAtMs ? this.#maxBytes : this.#fullBytes;
  }

  /** What events had better not exceed now, so that they need not wait for a larger batch. */
  get eventBytes(): number {
    return this.#maxBytes;
  }

  /** Until larger ones are tried again; undefined: they are not held back. */
  probeInMs(nowMs: number): number | undefined {
    return this.#isReduced && nowMs < this.#probeAtMs ? this.#probeAtMs - nowMs : undefined;
  }

  timedOut(bytes: number, nowMs: number): void {
    const wasProbe = this.#isReduced && bytes > this.#maxBytes;
    if (wasProbe) {
      this.#probeWaitMs = Math.min(LAST_PROBE_MS, this.#probeWaitMs * 2);
    } else {
      this.#maxBytes = shrunk(Math.min(bytes, this.#maxBytes));
    }
    this.#failedBytes = bytes;
    this.#probeAtMs = nowMs + this.#probeWaitMs;
  }

  passed(bytes: number): void {
    if (!this.#isReduced) return;
    if (bytes <= this.#maxBytes || bytes < this.#failedBytes / 2) {
      this.#maxBytes = Math.max(this.#maxBytes, bytes);
      this.#acceptedBytes = bytes;
      return;
    }
    this.#maxBytes = this.#fullBytes;
    this.#acceptedBytes = undefined;
    this.#probeWaitMs = FIRST_PROBE_MS;
  }

  get #isReduced(): boolean {
    return this.#maxBytes < this.#fullBytes;
  }
}

/** Down to one event, which is sent whatever its size. */
function shrunk(bytes: number): number {
  if (bytes > ONE_PACKET_BYTES && bytes <= SMALL_BYTES) return ONE_PACKET_BYTES;
  return Math.max(1, Math.floor(bytes / SHRINK_BY));
}
