import { readableLine, type ReadableLine, type Tone } from './log-line.ts';

const COLOURS: Readonly<Record<string, number>> = {
  hub: 36,
  base: 35,
  light: 33,
  lamp: 32,
  demo: 34,
};
const TONES: Readonly<Record<Tone, number | undefined>> = {
  plain: undefined,
  quiet: 2,
  warning: 33,
  error: 31,
};
const PREFIX_CHARS = 6;

export interface ConsoleLogDeps {
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly now: () => Date;
}

/** The terminal shared by all programs of the demo: each line has its program's name. */
export class ConsoleLog {
  readonly #deps: ConsoleLogDeps;

  constructor(deps: ConsoleLogDeps) {
    this.#deps = deps;
  }

  /** Prints one line of a program's output, and returns what was parsed from it. */
  line(source: string, raw: string): ReadableLine {
    const readable = readableLine(raw);
    const time = this.#paint(2, this.#deps.now().toTimeString().slice(0, 8));
    const prefix = this.#paint(COLOURS[source], source.padEnd(PREFIX_CHARS));
    this.#deps.write(`${time} ${prefix} ${this.#paint(TONES[readable.tone], readable.text)}\n`);
    return readable;
  }

  /** A word of the demo's own. */
  say(text: string): void {
    this.line('demo', text);
  }

  /** Lines that shall not be overlooked. */
  banner(lines: readonly string[]): void {
    const width = Math.max(...lines.map((line) => line.length));
    const rule = '─'.repeat(width + 2);
    const body = lines.map((line) => `│ ${this.#paint(1, line.padEnd(width))} │`);
    this.#deps.write(`\n┌${rule}┐\n${body.join('\n')}\n└${rule}┘\n\n`);
  }

  #paint(code: number | undefined, text: string): string {
    return this.#deps.colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
