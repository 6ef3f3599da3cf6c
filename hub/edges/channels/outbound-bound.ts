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
