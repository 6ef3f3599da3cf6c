import { AppError } from '#protocol/errors.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type {
  Link,
  LinkEvents,
  UnitLink,
  UnitTransport,
} from '../drivers/transport/unit-transport.ts';

/** The unit's end of a connection in memory. */
export interface MemoryUnit {
  readonly accept: (link: Link) => LinkEvents;
  /** Runs when a separate segment with the end arrives; immediately if omitted. */
  readonly trailing?: (arrive: () => void) => void;
}

/**
 * Connections in memory to units that were put at addresses. Bytes and
 * closings arrive in order, and in a later microtask, as they would from
 * a socket.
 */
export class MemoryTransport implements UnitTransport {
  readonly #units = new Map<string, MemoryUnit>();
  readonly #closers = new Map<string, Set<() => void>>();

  put(address: UnitAddress, unit: MemoryUnit): void {
    this.#units.set(keyOf(address), unit);
  }

  /** Nobody answers there from now on; open connections break. */
  remove(address: UnitAddress): void {
    this.#units.delete(keyOf(address));
    for (const close of this.#closers.get(keyOf(address)) ?? []) close();
  }

  readonly dial = async (address: UnitAddress, events: LinkEvents): Promise<UnitLink> => {
    await Promise.resolve();
    const unit = this.#units.get(keyOf(address));
    if (!unit) throw new AppError('unit_unreachable', { details: { reason: 'refused' } });
    let isOpen = true;
    const closeAs = (arrives: (arrive: () => void) => void) => () => {
      if (!isOpen) return;
      isOpen = false;
      closers.delete(close);
      queueMicrotask(() => {
        arrives(far.closed);
        events.closed();
      });
    };
    const atOnce = (arrive: () => void) => {
      arrive();
    };
    const close = closeAs(unit.trailing ?? atOnce);
    const closeWithin = closeAs(atOnce);
    const deliver = (to: () => LinkEvents) => (bytes: Uint8Array) => {
      if (!isOpen) return;
      const copy = Uint8Array.from(bytes);
      queueMicrotask(() => {
        to().data(copy);
      });
    };
    const closers = this.#closers.get(keyOf(address)) ?? new Set();
    this.#closers.set(keyOf(address), closers.add(close));
    const far: LinkEvents = unit.accept({
      write: deliver(() => events),
      end: close,
      destroy: close,
    });
    const write = deliver(() => far);
    const finish = (bytes: Uint8Array) => {
      write(bytes);
      closeWithin();
    };
    return { write, finish, end: close, destroy: close };
  };
}

function keyOf({ host, port }: UnitAddress): string {
  return `${host} ${port}`;
}
