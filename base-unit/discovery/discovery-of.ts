import type { Logger } from 'pino';
import { systemClock } from '#platform/clock.ts';
import type { BaseConfig } from '../config/config.ts';
import { Discovery } from './discovery.ts';
import { InterfaceLinks, interfaceAddresses } from './interface-links.ts';
import { openMulticastLink } from './multicast-link.ts';

/** Discovery as the configuration wants it; undefined when it wants none. */
export function discoveryOf(mode: BaseConfig['discovery'], log: Logger): Discovery | undefined {
  if (mode === 'off') return undefined;
  const open = (address: string) =>
    openMulticastLink({ log: log.child({ component: 'discovery' }), interface: address });
  const link =
    mode === 'on'
      ? new InterfaceLinks({ clock: systemClock, addresses: interfaceAddresses, open })
      : open(mode);
  return new Discovery({ clock: systemClock, link });
}
