import { connect, type Socket } from 'node:net';
import { AppError } from '#protocol/errors.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Clock } from '#platform/clock.ts';
import {
  CONNECT_TIMEOUT_MS,
  MAX_UNSENT_BYTES,
  type LinkEvents,
  type UnitLink,
  type UnitTransport,
} from './unit-transport.ts';

/**
 * The part that {@link UnitLink.finish} sends with the end: the held back part must not
 * be everything.
 */
const LAST_BYTES = 2;

/** Raw TCP, without Nagle's delay: frames are small and each is waited for. */
export class TcpTransport implements UnitTransport {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly dial = async (address: UnitAddress, events: LinkEvents): Promise<UnitLink> => {
    const socket = connect({ ...address, noDelay: true, keepAlive: false });
    await this.#connected(socket);
    socket.on('data', events.data);
    // An error is always followed by close, and close is what counts.
    socket.on('error', () => undefined);
    socket.on('close', events.closed);
    return {
      write: (bytes) => {
        socket.write(bytes);
        if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
      },
      // Nagle's algorithm holds the last bytes back until the first ones are acknowledged; the end
      // follows at once, so they leave together.
      finish: (bytes) => {
        socket.setNoDelay(false);
        const head = bytes.subarray(0, -LAST_BYTES);
        if (head.length > 0) socket.write(head);
        socket.write(bytes.subarray(-LAST_BYTES));
        socket.destroySoon();
      },
      // Sends the rest and then closes both halves: nothing more is expected from the unit.
      end: () => {
        socket.destroySoon();
      },
      destroy: () => {
        socket.destroy();
      },
    };
  };

  async #connected(socket: Socket): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(CONNECT_TIMEOUT_MS, () => {
        socket.destroy();
        reject(new AppError('unit_unreachable', { details: { reason: 'timeout' } }));
      });
      const fail = (cause: Error) => {
        cancel();
        reject(new AppError('unit_unreachable', { cause }));
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        cancel();
        socket.off('error', fail);
        resolve();
      });
    });
  }
}
