import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { until } from '#platform/testing/until.ts';

export const LogLine = z.looseObject({ time: z.number(), msg: z.string().default('') });
export type LogLine = z.infer<typeof LogLine>;

const CHUNK_BYTES = 1_048_576;

/** The log of a program, which it writes itself: nothing of it is lost when it is killed. */
export class LogFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get bytes(): number {
    const fd = openSync(this.path, 'r');
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  }

  /** Lines from a place on that contain a text. */
  *grep(text: string, fromByte = 0): Generator<string> {
    const fd = openSync(this.path, 'r');
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const decoder = new StringDecoder('utf8');
      let at = fromByte;
      let rest = '';
      for (;;) {
        const count = readSync(fd, chunk, 0, CHUNK_BYTES, at);
        if (count === 0) break;
        at += count;
        const lines = (rest + decoder.write(chunk.subarray(0, count))).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.includes(text)) yield line;
      }
      if (rest.includes(text)) yield rest;
    } finally {
      closeSync(fd);
    }
  }

  /** Its JSON lines with this message. */
  *messages(message: string, fromByte = 0): Generator<LogLine> {
    for (const line of this.grep(`"msg":${JSON.stringify(message)}`, fromByte)) {
      yield LogLine.parse(JSON.parse(line));
    }
  }

  /** Waits for a line that contains a text. */
  async line(
    text: string,
    options: { fromByte?: number; timeoutMs?: number } = {},
  ): Promise<string> {
    const { fromByte = 0, timeoutMs } = options;
    return until(
      `${this.path} says ${text}`,
      () => {
        for (const line of this.grep(text, fromByte)) return line;
        return undefined;
      },
      timeoutMs,
    );
  }
}
