import type { UnitAddress } from '#protocol/unit-address.ts';

/** What a connection to a unit tells its owner. */
export interface PipeEvents {
  readonly data: (chunk: Uint8Array) => void;
  /** The connection is gone; nothing comes after it, and it comes once. */
  readonly closed: () => void;
}

/** One end of a connection. */
export interface Pipe {
  /** Sends at once, in one write. A peer that takes nothing is cut off. */
  readonly write: (bytes: Uint8Array) => void;
  /** Lets what was written leave, then closes. */
  readonly end: () => void;
  /** Closes at once. */
  readonly destroy: () => void;
}

/** The base's end of a connection. */
export interface UnitPipe extends Pipe {
  /** Sends `bytes` and closes; the end of the connection shares a segment with the last of them. */
  readonly finish: (bytes: Uint8Array) => void;
}

/** How the base reaches units: TCP in the world, memory in tests. */
export interface UnitTransport {
  /** @throws AppError `unit_unreachable` when it cannot connect, or not in time; or why it does not try. */
  readonly dial: (address: UnitAddress, events: PipeEvents) => Promise<UnitPipe>;
}

/** Unsent bytes after which a unit that reads nothing is given up. */
export const MAX_UNSENT_BYTES = 65_536;
export const CONNECT_TIMEOUT_MS = 3_000;
