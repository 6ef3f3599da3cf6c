import type { ReadStream } from 'node:tty';
import { AppError } from '#protocol/errors.ts';

const MAX_CHARS = 256;
const CONTROL_C = '\u0003';
const BACKSPACES = ['\u007f', '\b'];
const ENDS = ['\r', '\n', '\u0004'];

/** Prompts for a secret without echo. @throws AppError `cancelled` at Control-C. */
export async function promptForSecret(question: string, terminal: ReadStream): Promise<string> {
  process.stderr.write(question);
  terminal.setRawMode(true);
  terminal.setEncoding('utf8');
  try {
    let secret = '';
    for await (const chunk of terminal) {
      for (const char of String(chunk)) {
        if (char === CONTROL_C) throw new AppError('cancelled');
        if (ENDS.includes(char)) return secret;
        if (BACKSPACES.includes(char)) secret = Array.from(secret).slice(0, -1).join('');
        else if (secret.length < MAX_CHARS) secret += char;
      }
    }
    return secret;
  } finally {
    terminal.setRawMode(false);
    process.stderr.write('\n');
  }
}
