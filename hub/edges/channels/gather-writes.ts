import type { EngineConnection } from './connection-admission.ts';

/**
 * What one turn of the event loop sends on a connection goes in one record of TLS and one
 * segment: each of its own costs a system call here and wakes the other end once more.
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
