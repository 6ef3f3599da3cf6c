import { connect } from 'node:net';
import { DIAL_TIMEOUT_MS } from './dial-agent.ts';

/**
 * Whether the hub's machine answers a dial. Nothing is sent: the system of a busy hub
 * answers, and nothing answers on a broken path.
 */
export async function canReachHub(origin: string, timeoutMs = DIAL_TIMEOUT_MS): Promise<boolean> {
  const { protocol, hostname, port } = new URL(origin);
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  });
  return new Promise((resolve) => {
    const settle = (isThere: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isThere);
    };
    const timer = setTimeout(() => {
      settle(false);
    }, timeoutMs);
    socket.once('connect', () => {
      settle(true);
    });
    // Also after it was settled: an error without a listener would end the process.
    socket.on('error', (error) => {
      // A hub that is too busy resets accepted connections.
      settle('code' in error && error.code === 'ECONNRESET');
    });
  });
}
