import type { Socket } from 'socket.io-client';

/** The client's end of the WebSocket stops reading from the network. */
export function stopReading(socket: Socket): void {
  const webSocket: unknown = Reflect.get(socket.io.engine.transport, 'ws');
  if (typeof webSocket !== 'object' || webSocket === null) throw new Error('no WebSocket');
  const pause: unknown = Reflect.get(webSocket, 'pause');
  if (typeof pause !== 'function') throw new Error('cannot pause');
  Reflect.apply(pause, webSocket, []);
}
