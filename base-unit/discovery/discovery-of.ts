import type { Logger } from 'pino';
import { systemClock } from '../clock.ts';
import type { BaseConfig } from '../config.ts';
import { Discovery } from './discovery.ts';
import { openMulticastLink } from './multicast-link.ts';

/** Discovery as the configuration wants it; undefined when it wants none. */
export function discoveryOf(mode: BaseConfig['discovery'], log: Logger): Discovery | undefined {
  if (mode === 'off') return undefined;
  const link = openMulticastLink({
    log: log.child({ component: 'discovery' }),
    ...(mode === 'on' ? {} : { interface: mode }),
  });
  return new Discovery({ clock: systemClock, link });
}
