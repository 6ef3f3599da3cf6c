/** Longest line that can be a number; ancestors send at most `1024`. */
export const MAX_LINE_BYTES = 32;

const LF = 0x0a;
const CR = 0x0d;
const DECIMAL = /^-?\d{1,15}(\.\d{1,15})?$/;

/** One line of a sensor: its number, or undefined where it is none. */
export type Line = number | undefined;

/**
 * Decodes decimal numbers, one per line (docs/line-units.md section 2), from chunks of
 * any size. A line counts once its LF has arrived: text before a broken connection may
 * be the start of a longer number.
 */
export class LineDecoder {
  readonly #line: number[] = [];
  #isTooLong = false;

  /** The lines that end in these bytes, in their order. */
  *push(chunk: Uint8Array): Generator<Line> {
    for (const byte of chunk) {
      if (byte === LF) yield this.#end();
      else if (this.#line.length < MAX_LINE_BYTES) this.#line.push(byte);
      else this.#isTooLong = true;
    }
  }

  #end(): Line {
    const bytes = this.#line.at(-1) === CR ? this.#line.slice(0, -1) : this.#line;
    const text = String.fromCharCode(...bytes);
    const isNumber = !this.#isTooLong && DECIMAL.test(text);
    this.#line.length = 0;
    this.#isTooLong = false;
    // Minus zero is zero to people, and in JSON.
    return isNumber ? Number(text) + 0 : undefined;
  }
}
