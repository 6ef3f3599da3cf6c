import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError, type ErrorCode } from '#protocol/errors.ts';

/** Many times as long as any claim code, label or password. */
const MAX_CHARS = 1_000;

/**
 * A secret that is not among the arguments, where every user of the machine
 * can read it.
 *
 * @param path of a file; `-` for what comes in on `stdin`
 * @param tooLong the code for what is far too long to be one
 * @throws AppError `not_found` where there is nothing to read
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
    const details = { source: path, field: 'this', reason: `cannot be read${code}.` };
    throw new AppError('not_found', { cause, details });
  }
  return text;
}
