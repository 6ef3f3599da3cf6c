import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import { type Clock, systemClock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';

/**
 * A part of the dashboard whose code is fetched when it is shown. Without the hub it waits,
 * and appears with it: a failure would be kept by `lazy` for as long as the page is open.
 */
export function lazyPart<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await loadWithRetries(load, systemClock) }));
}

/** Tries again for as long as it takes, with growing pauses. */
export async function loadWithRetries<T>(load: () => Promise<T>, clock: Clock): Promise<T> {
  for (let failed = 0; ; failed += 1) {
    try {
      return await load();
    } catch {
      await new Promise<void>((resolve) => {
        clock.after(fullJitter(failed), resolve);
      });
    }
  }
}
