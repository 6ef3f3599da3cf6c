import { useCallback, useSyncExternalStore } from 'react';
import type { Readable } from '../state/cell.ts';

/** The present value of a cell; draws again when it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get, readable.get);
}

/**
 * A part of a cell's value. Draws again only when the part changes, so it
 * must be a primitive or keep its identity.
 */
export function useSelected<T, S>(readable: Readable<T>, select: (value: T) => S): S {
  const read = useCallback(() => select(readable.get()), [readable, select]);
  return useSyncExternalStore(readable.subscribe, read, read);
}
