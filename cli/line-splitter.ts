/** Longest line that is kept whole; a program that never ends its line must not fill the memory. */
const MAX_LINE_CHARS = 16_384;

/** Cuts a stream of text into lines, however it arrives. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emit(line);
    if (this.#rest.length > MAX_LINE_CHARS) this.end();
  }

  /** Returns the rest without a line end. */
  end(): void {
    const rest = this.#rest;
    this.#rest = '';
    if (rest !== '') this.#emit(rest);
  }

  #emit(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.trim() !== '') this.#onLine(text.slice(0, MAX_LINE_CHARS));
  }
}
