import { useSyncExternalStore } from 'react';
import type { Readable } from '#client/cell.ts';

/** The present value of a cell; draws again when it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get, readable.get);
}
