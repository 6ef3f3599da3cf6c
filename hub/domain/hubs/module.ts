import type { Module } from '#platform/assembly.ts';
import type { HubId } from '#protocol/ids.ts';
import type { Foundation } from '../../store/module.ts';
import { HubLease } from './hub-lease.ts';

export interface HubsNeeds extends Foundation {
  /** Of this run. */
  readonly hubId: HubId;
}

export interface HubsOffers {
  readonly lease: HubLease;
}

export function hubsModule(needs: HubsNeeds): Module<HubsOffers> {
  const lease = new HubLease({ ...needs, log: needs.log.child({ component: 'hubs' }) });
  return {
    offers: { lease },
    open: () => lease.begin(),
    start: () => lease.start(),
    close: () => lease.close(),
  };
}
