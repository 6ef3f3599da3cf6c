import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError, type ErrorCode } from '#protocol/errors.ts';

/** Many times as long as any claim code, label or password. */
const MAX_CHARS = 1_000;

/**
 * Reads a secret that is not passed as an argument, which every user of the machine
 * could read.
 *
 * @param path of a file; `-` for `stdin`
 * @param tooLong the code for input that is far too long
 * @throws AppError `not_found` when there is nothing to read
 */
export async function readSecret(
  path: string,
  stdin: Readable,
  tooLong: ErrorCode = 'body_too_large',
): Promise<string> {
  const source = path === '-' ? stdin : createReadStream(path);
  source.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of source) {
      text += String(chunk);
      if (text.length > MAX_CHARS) throw new AppError(tooLong, { details: { path } });
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    const details = { source: path, field: 'this', reason: `is not readable${code}.` };
    throw new AppError('not_found', { cause, details });
  }
  return text;
}
