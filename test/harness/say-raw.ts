import { connect } from 'node:net';

export interface SaidBack {
  /** Ends the connection after this much was received; otherwise the other side must. */
  readonly enoughBytes?: number;
}

/**
 * Sends bytes to a port of this machine.
 *
 * @returns what is received until the connection ends
 */
export function sayRaw(
  port: number,
  bytes: Uint8Array,
  { enoughBytes = Infinity }: SaidBack = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length >= enoughBytes) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}
