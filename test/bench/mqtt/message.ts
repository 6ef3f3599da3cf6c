/** What a message of the bench is like: as long as a line of JSON with two readings. */
const BYTES = 64;

/** @param sentMs on the clock of `performance.now` */
export function messageOf(publisher: number, sentMs: number): Buffer {
  const payload = Buffer.alloc(BYTES);
  payload.writeDoubleLE(sentMs, 0);
  payload.writeUInt32LE(publisher, 8);
  return payload;
}

export function readMessage(payload: Buffer): { readonly publisher: number; readonly ms: number } {
  return {
    publisher: payload.readUInt32LE(8),
    ms: performance.now() - payload.readDoubleLE(0),
  };
}
