import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import { AppError } from '#protocol/errors.ts';

/** A serial line to a unit, raw, at 115,200 baud (docs/provisioning.md section 2). */
export interface SerialLine {
  readonly write: (bytes: Uint8Array) => void;
  /** One reader at most. */
  readonly read: (onBytes: (chunk: Uint8Array) => void) => void;
  readonly close: () => void;
}

/** `clocal` and `-hupcl`: the modem lines, which reset many a board, are left alone. */
const MODES = ['115200', 'cs8', '-parenb', '-cstopb', 'raw', '-echo', 'clocal', '-hupcl'];

/**
 * Opens a serial line as a file, with its modes set by `stty`: so there is no
 * compiled module that has to fit the machine. Not on Windows.
 *
 * @throws AppError `not_found` when there is no serial port, or this user may not open it.
 */
export function openSerialLine(path: string): SerialLine {
  let fd: number;
  try {
    // Without O_NONBLOCK it would wait for a modem's carrier.
    fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new AppError('not_found', { cause, details: detailsOf(path, reasonOf(cause)) });
  }
  if (!isatty(fd)) {
    closeSync(fd);
    throw new AppError('not_found', { details: detailsOf(path, 'is not a serial port') });
  }
  const stty = spawnSync('stty', MODES, { stdio: [fd, 'ignore', 'ignore'] });
  if (stty.status !== 0) {
    closeSync(fd);
    throw new AppError('not_found', {
      details: detailsOf(path, 'does not allow its modes to be set (stty)'),
    });
  }
  const stream = new ReadStream(fd);
  // An unplugged port sends nothing more; a request on it times out.
  stream.on('error', () => undefined);
  return {
    write: (bytes) => {
      for (let sent = 0; sent < bytes.length;) sent += writeSync(fd, bytes, sent);
    },
    read: (onBytes) => {
      stream.on('data', onBytes);
    },
    close: () => {
      stream.destroy();
    },
  };
}

/** As a sentence: the code alone would say that nothing exists. */
function detailsOf(path: string, reason: string) {
  return { source: 'the serial port', field: path, reason };
}

/** The system's error. */
export function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') {
    return 'cannot be opened by this user (permission denied); the group dialout may be needed';
  }
  if (code === 'EBUSY') return 'is in use by another program (busy), perhaps a serial monitor';
  if (code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV') return 'does not exist';
  return `cannot be opened (${String(code)})`;
}
