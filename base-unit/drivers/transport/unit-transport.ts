import type { Semaphore } from '#platform/sharing/semaphore.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';

/** What a link reports to its owner. */
export interface LinkEvents {
  readonly data: (chunk: Uint8Array) => void;
  /** The link is gone; nothing comes after it, and it comes once. */
  readonly closed: () => void;
}

/** One end of a link: bytes, both ways. */
export interface Link {
  /** Sends at once, in one write. A peer that reads nothing is disconnected. */
  readonly write: (bytes: Uint8Array) => void;
  /** Flushes, then closes. */
  readonly end: () => void;
  /** Closes at once. */
  readonly destroy: () => void;
}

/** The base's end of a link. */
export interface UnitLink extends Link {
  /** Sends `bytes` and closes; the end of the link shares a segment with the last of them. */
  readonly finish: (bytes: Uint8Array) => void;
}

/** How the base reaches units: TCP in the world, memory in tests. */
export interface UnitTransport {
  /** @throws AppError `unit_unreachable` when it cannot connect, or not in time; or why it does not try. */
  readonly dial: (address: UnitAddress, events: LinkEvents) => Promise<UnitLink>;
}

/** Unsent bytes after which a unit that reads nothing is given up. */
export const MAX_UNSENT_BYTES = 65_536;
export const CONNECT_TIMEOUT_MS = 3_000;

/** What a driver needs to make a connection. */
export interface DialDeps {
  readonly transport: UnitTransport;
  /** How many connections are made at once. */
  readonly permits: { readonly dial: Semaphore };
}
