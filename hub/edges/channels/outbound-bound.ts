import type { ErrorCode } from '#protocol/errors.ts';

/**
 * Bytes queued on a connection: Engine.IO queues while the WebSocket is busy, and the
 * WebSocket queues while the network is. Neither has its own bound.
 */
export function waitingBytes(connection: object): number {
  const webSocket = member(member(connection, 'transport'), 'socket');
  const buffered = member(webSocket, 'bufferedAmount');
  let bytes = typeof buffered === 'number' ? buffered : 0;
  const packets = member(connection, 'writeBuffer');
  for (const packet of Array.isArray(packets) ? packets : []) {
    const data = member(packet, 'data');
    if (typeof data === 'string') bytes += Buffer.byteLength(data);
  }
  return bytes;
}

/** RFC 6455 section 7.4 and the IANA registry: Try Again Later. */
const TRY_AGAIN_LATER = 1013;

/**
 * Ends the connection, not the socket on it: a stock Socket.IO client comes back from that by
 * itself, whereas a disconnect by the server, or a refusal, is final to it. The WebSocket's
 * close frame carries the code.
 */
export function closeForNow(connection: { readonly close: () => void }, code: ErrorCode): void {
  const webSocket = member(member(connection, 'transport'), 'socket');
  const close = member(webSocket, 'close');
  const waiting = member(connection, 'writeBuffer');
  // The close frame would overtake what Engine.IO has not handed over yet.
  if (typeof close === 'function' && Array.isArray(waiting) && waiting.length === 0) {
    Reflect.apply(close, webSocket, [TRY_AGAIN_LATER, code]);
  }
  connection.close();
}

/** Ends a connection without flushing. */
export function cutConnection(connection: object): void {
  const webSocket = member(member(connection, 'transport'), 'socket');
  const terminate = member(webSocket, 'terminate');
  if (typeof terminate === 'function') Reflect.apply(terminate, webSocket, []);
}

/** Engine.IO declares these members private, and offers nothing in their place. */
function member(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}
