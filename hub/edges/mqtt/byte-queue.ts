/** A chunk costs about a kilobyte, however few bytes it has: so many of them become one. */
const MERGED_CHUNKS = 64;

/** Bytes in the order in which they came, in few pieces even if they came one by one. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #size = 0;
  /** Chunks at the end that are as they came. */
  #fresh = 0;

  get size(): number {
    return this.#size;
  }

  /** In which the bytes are kept. */
  get chunks(): number {
    return this.#chunks.length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#fresh += 1;
    if (this.#fresh < MERGED_CHUNKS) return;
    this.#chunks.push(Buffer.concat(this.#chunks.splice(-MERGED_CHUNKS)));
    this.#fresh = 0;
  }

  /** The first bytes: at least so many, or all that there are. */
  peek(length: number): Buffer {
    const [first] = this.#chunks;
    const isEnough = first && (first.length >= length || this.#chunks.length === 1);
    return isEnough ? first : this.#merged();
  }

  /** Removes the first bytes, of which there must be so many. */
  shift(length: number): Buffer {
    const all = this.#merged();
    this.#chunks = all.length > length ? [all.subarray(length)] : [];
    this.#size -= length;
    return all.subarray(0, length);
  }

  #merged(): Buffer {
    const [first] = this.#chunks;
    const all = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    this.#fresh = 0;
    return all;
  }
}
