import type { EngineConnection } from './connection-admission.ts';

/**
 * Writes of one turn of the event loop on a connection go out as one TLS record and one
 * segment: each separate one costs a system call here and wakes the peer once more.
 */
export function gatherWrites(connection: EngineConnection): void {
  const { socket } = connection.request;
  let isGathering = false;
  connection.on('flush', () => {
    if (isGathering) return;
    isGathering = true;
    socket.cork();
    process.nextTick(() => {
      isGathering = false;
      socket.uncork();
    });
  });
}
