import type { Module } from '#platform/assembly.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { DriversOffers } from '../drivers/module.ts';
import type { Foundation } from '../store/module.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { discoveredAddresses } from './discovered-addresses.ts';
import type { Discovery } from './discovery.ts';
import { usbSerialPorts } from './serial-ports.ts';
import { UnitFinder } from './unit-finder.ts';

export interface DiscoveryNeeds extends Foundation, Pick<DriversOffers, 'protections' | 'probe'> {
  /** Discovery of units; without it only configured addresses are used. */
  readonly discovery?: Pick<
    Discovery,
    'start' | 'close' | 'query' | 'found' | 'addressesOf' | 'reject'
  >;
}

export interface DiscoveryOffers {
  /** Other addresses at which a unit may be. */
  readonly discovered: (unit: StoredUnit) => readonly UnitAddress[];
  /** The unit was not behind this host: where a name has several addresses, the next one is due. */
  readonly rejected: (host: string) => void;
  readonly finder: UnitFinder;
}

export function discoveryModule(needs: DiscoveryNeeds): Module<DiscoveryOffers> {
  const { clock, discovery, probe, protections, store } = needs;
  const protectionOf = (unit: StoredUnit) => protections.of(unit);
  const finder = new UnitFinder({
    clock,
    units: store.units,
    ...(discovery ? { discovery } : {}),
    probe,
    serialPorts: async () => usbSerialPorts(),
  });
  return {
    offers: {
      discovered: (unit) =>
        discovery ? discoveredAddresses(unit, { discovery, protectionOf }) : [],
      rejected: (host) => discovery?.reject(host),
      finder,
    },
    open: () => {
      discovery?.start();
    },
    close: async () => {
      finder.close();
      await discovery?.close();
    },
  };
}
