import { LIMITS } from '../limits.ts';
import {
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  FRAME_VERSION,
  type FrameError,
  type FrameMode,
} from './frame.ts';

/**
 * Decodes frames from a byte stream in chunks of any size. Holds at most one frame, and
 * checks the length before it waits for a body. After an error it delivers nothing
 * more: there is no resynchronisation.
 */
export class FrameDecoder {
  readonly #expectedMagic: number;
  readonly #otherMagic: number;
  readonly #pending = new Uint8Array(FRAME_HEADER_BYTES + LIMITS.frameBodyBytes);
  #pendingLength = 0;
  #error: FrameError | undefined;

  constructor(mode: FrameMode = 'plain') {
    this.#expectedMagic = FRAME_MAGIC[mode];
    this.#otherMagic = FRAME_MAGIC[mode === 'plain' ? 'encrypted' : 'plain'];
  }

  /** The error that ended the stream, if one did. */
  get error(): FrameError | undefined {
    return this.#error;
  }

  /**
   * Feeds the next bytes.
   *
   * @returns the bodies completed by them, each its own copy. Check `error` afterwards.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const bodies: Uint8Array[] = [];
    let offset = 0;
    while (offset < chunk.length && this.#error === undefined) {
      const needed = this.#neededBytes();
      const consumed = Math.min(needed - this.#pendingLength, chunk.length - offset);
      this.#pending.set(chunk.subarray(offset, offset + consumed), this.#pendingLength);
      this.#pendingLength += consumed;
      offset += consumed;
      this.#error = this.#headerError();
      if (this.#error === undefined && this.#isComplete()) {
        bodies.push(this.#pending.slice(FRAME_HEADER_BYTES, this.#pendingLength));
        this.#pendingLength = 0;
      }
    }
    return bodies;
  }

  #neededBytes(): number {
    return this.#pendingLength < FRAME_HEADER_BYTES
      ? FRAME_HEADER_BYTES
      : FRAME_HEADER_BYTES + this.#bodyLength();
  }

  #isComplete(): boolean {
    return (
      this.#pendingLength > FRAME_HEADER_BYTES &&
      this.#pendingLength === FRAME_HEADER_BYTES + this.#bodyLength()
    );
  }

  #bodyLength(): number {
    return ((this.#pending[2] ?? 0) << 8) | (this.#pending[3] ?? 0);
  }

  /** Checks the received part of the header, in the order of the document. */
  #headerError(): FrameError | undefined {
    if (this.#pendingLength >= 1 && this.#pending[0] !== this.#expectedMagic) {
      return this.#pending[0] === this.#otherMagic ? 'encryption_mismatch' : 'bad_magic';
    }
    if (this.#pendingLength >= 2 && this.#pending[1] !== FRAME_VERSION) return 'bad_version';
    if (this.#pendingLength >= FRAME_HEADER_BYTES) {
      if (this.#bodyLength() === 0) return 'empty_body';
      if (this.#bodyLength() > LIMITS.frameBodyBytes) return 'body_too_long';
    }
    return undefined;
  }
}
